//! Texts of others that are stored or shown.

/// No control characters, and not without end.
pub(crate) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
