// Signs and verifies items of Adyen's webhooks, with Adyen's own code (the npm package `@adyen/api-library`).
//
// Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:
//
//     {"mode": "sign", "item": {...}, "key": "<hex>"}      -> {"signature": "..."}   the value of `hmacSignature`
//     {"mode": "verify", "item": {...}, "key": "<hex>"}    -> {"verified": true}

const { createInterface } = require("node:readline");
const { hmacValidator: HmacValidator } = require("@adyen/api-library");

const validator = new HmacValidator();

function answer({ mode, item, key }) {
    if (mode === "sign") {
        return { signature: validator.calculateHmac(item, key) };
    }
    if (mode === "verify") {
        return { verified: validator.validateHMAC(item, key) };
    }
    return { error: `unknown mode ${mode}` };
}

createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim()) {
        console.log(JSON.stringify(answer(JSON.parse(line))));
    }
});
