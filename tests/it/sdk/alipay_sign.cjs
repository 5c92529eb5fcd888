// Signs and verifies as Alipay's merchants do, with Alipay's own code (the npm package `alipay-sdk`).
//
// Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running.
// Every request has `private_key` (whoever signs) and `public_key` (whoever is verified), both PEM:
//
//     {"mode": "request", "method": "alipay.trade.refund", "params": {...}} -> {"form": "a=1&...&sign=..."}
//     {"mode": "notification", "data": {..., "sign": "..."}}                -> {"verified": true}
//     {"mode": "answer", "body": "...", "name": "..._response"}             -> {"verified": true}

const { createInterface } = require("node:readline");
const { AlipaySdk } = require("alipay-sdk");

function answer({ mode, private_key: privateKey, public_key: alipayPublicKey, method, params, data, body, name }) {
    const keyType = privateKey.includes("BEGIN PRIVATE KEY") ? "PKCS8" : "PKCS1";
    const sdk = new AlipaySdk({ appId: "2014072300007148", privateKey, keyType, alipayPublicKey });
    switch (mode) {
        case "request":
            return { form: sdk.sdkExecute(method, params) };
        case "notification":
            return { verified: sdk.checkNotifySignV2(data) };
        case "answer":
            try {
                sdk.checkResponseSign(body, name, JSON.parse(body).sign, "");
                return { verified: true };
            } catch (error) {
                return { verified: false, error: error.name };
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
