//! Figures go into a document between two markers; nobody types them.

use std::path::Path;

use crate::error::{LocalError, Result};

/// Replaces what stands between `<!-- name -->` and `<!-- /name -->`.
///
/// # Errors
/// The file cannot be read or written, or has no such markers.
pub fn write(path: &Path, name: &str, content: &str) -> Result<()> {
    let text = std::fs::read_to_string(path).map_err(LocalError::io(format!("reading {}", path.display())))?;
    let changed = replaced(&text, name, content)
        .ok_or_else(|| LocalError::Failed(format!("{} has no markers named {name}", path.display())))?;
    std::fs::write(path, changed).map_err(LocalError::io(format!("writing {}", path.display())))
}

fn replaced(text: &str, name: &str, content: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n\n{end}{after}", content.trim()))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let expected = "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n";
        assert_eq!(replaced(text, "x", "new\n").as_deref(), Some(expected));
        assert_eq!(replaced(expected, "x", "new").as_deref(), Some(expected), "twice is once");
        assert_eq!(replaced(text, "y", "new"), None);
    }
}
