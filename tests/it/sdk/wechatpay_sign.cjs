// Signs, verifies and enciphers as WeChat Pay and its merchants do, with the npm package `wechatpay-axios-plugin`.
//
// Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:
//
//     {"mode": "sign", "private_key": "-----BEGIN ...", "timestamp": "1794395471", "nonce": "...", "body": "..."}
//         -> {"signature": "..."}                     the value of `Wechatpay-Signature`
//     {"mode": "receive", "public_key": "...", "public_key_id": "PUB_KEY_ID_...", "headers": {...}, "body": "..."}
//         -> {"data": "..."} or {"error": "..."}      what the package lets through; it looks at the machine's clock
//     {"mode": "authorize", "private_key": "...", "method": "POST", "path": "...", "timestamp": "...", "nonce": "...",
//      "body": "...", "mchid": "...", "serial": "..."}
//         -> {"authorization": "..."}
//     {"mode": "verify_request", "public_key": "...", "method": "POST", "path": "...", "timestamp": "...", "nonce": "...",
//      "body": "...", "signature": "..."}
//         -> {"verified": true}
//     {"mode": "encipher", "key": "...", "nonce": "...", "associated_data": "...", "plain": "..."}      -> {"ciphertext": "..."}
//     {"mode": "decipher", "key": "...", "nonce": "...", "associated_data": "...", "ciphertext": "..."} -> {"plain": "..."} or
//         {"error": "..."}

const { createInterface } = require("node:readline");
const { Aes, Decorator, Formatter, Rsa } = require("wechatpay-axios-plugin");

const privateKey = (pem) => Rsa.from(pem, Rsa.KEY_TYPE_PRIVATE);
const publicKey = (pem) => Rsa.from(pem, Rsa.KEY_TYPE_PUBLIC);

function answer(request) {
    const { mode, timestamp, nonce, body, method, path } = request;
    switch (mode) {
        case "sign": {
            const text = Formatter.response(timestamp, nonce, body);
            return { signature: Rsa.sign(text, privateKey(request.private_key)) };
        }
        case "receive": {
            const verifier = Decorator.responseVerifier({ [request.public_key_id]: publicKey(request.public_key) });
            const data = verifier.call({ url: "/v3/certificates" }, body, request.headers, 200);
            return typeof data === "string" ? { data } : { error: String(data.code ?? data.message) };
        }
        case "authorize": {
            const text = Formatter.request(method, path, timestamp, nonce, body);
            const signature = Rsa.sign(text, privateKey(request.private_key));
            return { authorization: Formatter.authorization(request.mchid, nonce, signature, timestamp, request.serial) };
        }
        case "verify_request": {
            const text = Formatter.request(method, path, timestamp, nonce, body);
            return { verified: Rsa.verify(text, request.signature, publicKey(request.public_key)) };
        }
        case "encipher": {
            return { ciphertext: Aes.AesGcm.encrypt(request.plain, request.key, nonce, request.associated_data) };
        }
        case "decipher": {
            try {
                return { plain: Aes.AesGcm.decrypt(request.ciphertext, request.key, nonce, request.associated_data) };
            } catch (error) {
                return { error: error.message };
            }
        }
        default:
            return { error: `unknown mode ${mode}` };
    }
}

createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim()) {
        console.log(JSON.stringify(answer(JSON.parse(line))));
    }
});
