//! The states of a capture, and its legal moves.

use crate::machine::machine;

machine! {
    /// A promise of money that we take ourselves.
    CaptureStatus ("Capture") {
        /// Its moment has come: to be sent.
        Requested = "requested",
        /// The call is out, or is about to be.
        Submitted = "submitted",
        /// The money is taken.
        Succeeded = "succeeded",
        /// The provider refuses it.
        Failed = "failed",
        /// The answer was lost; the provider is asked.
        Unknown = "unknown",
        /// A person has to look.
        Manual = "manual",
        /// Wanted no longer.
        Withdrawn = "withdrawn",
    }
    start { Requested }
    moves {
        Requested -> Submitted: "sent",
        Requested -> Succeeded: "taken by another way",
        Requested -> Manual: "no way to send it",
        Requested -> Withdrawn: "order undone",
        Submitted -> Succeeded: "confirmed",
        Submitted -> Failed: "refused",
        Submitted -> Unknown: "answer lost",
        Submitted -> Withdrawn: "asked: never arrived; order undone",
        Unknown -> Succeeded: "asked: confirmed",
        Unknown -> Failed: "asked: refused",
        Unknown -> Submitted: "asked: never arrived; same key",
        Unknown -> Manual: "asked too often",
        Unknown -> Withdrawn: "asked: never arrived; order undone",
        Failed -> Manual: "given to a person",
        Failed -> Succeeded: "taken after all",
        Failed -> Withdrawn: "order undone",
        Manual -> Submitted: "sent again, same key",
        Manual -> Succeeded: "taken after all",
        Manual -> Withdrawn: "order undone, or given up by a person",
        Withdrawn -> Succeeded: "taken after all",
    }
}
