// Signs and verifies as Stripe does, with Stripe's own code (the npm package `stripe`). It takes what `stripe_sign.py` takes.
//
// Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:
//
//     {"mode": "sign", "payload": "...", "secret": "whsec_...", "timestamp": 1794395471}
//         -> {"header": "t=...,v1=..."}                     the value of `Stripe-Signature`
//     {"mode": "verify", "payload": "...", "secret": "whsec_...", "header": "t=...,v1=..."}
//         -> {"event_id": "evt_..."} or {"error": "..."}    checked against the machine's clock

const { createInterface } = require("node:readline");
const { webhooks } = require("stripe");

// Seconds that the time of a signature may be old. Said here because the package lets a tolerance of 0 mean any age.
const TOLERANCE = 300;

function answer({ mode, payload, secret, timestamp, header }) {
    if (mode === "sign") {
        return { header: webhooks.generateTestHeaderString({ payload, secret, timestamp }) };
    }
    if (mode === "verify") {
        try {
            return { event_id: webhooks.constructEvent(payload, header, secret, TOLERANCE).id };
        } catch (error) {
            return { error: error.message };
        }
    }
    return { error: `unknown mode ${mode}` };
}

createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim()) {
        console.log(JSON.stringify(answer(JSON.parse(line))));
    }
});
