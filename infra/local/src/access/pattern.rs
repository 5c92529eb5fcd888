//! Wildcards as policies write them.

/// Whether a text fits a pattern in which `*` stands for any characters and `?` for one.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Which beginnings of the text fit the beginning of the pattern that was looked at so far.
    let mut fitting = vec![false; text.len() + 1];
    if let Some(empty) = fitting.first_mut() {
        *empty = true;
    }
    for wanted in pattern {
        let mut next = Vec::with_capacity(fitting.len());
        let mut any_before = false;
        let mut before = false;
        for (at, fits) in fitting.iter().copied().enumerate() {
            any_before |= fits;
            let found = at.checked_sub(1).and_then(|at| text.get(at));
            next.push(match wanted {
                '*' => any_before,
                '?' => before,
                plain => before && found == Some(&plain),
            });
            before = fits;
        }
        fitting = next;
    }
    fitting.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn wildcards_stand_for_characters() {
        for (pattern, text, fit) in [
            ("dynamodb:Query", "dynamodb:Query", true),
            ("dynamodb:Query", "dynamodb:QueryX", false),
            ("dynamodb:*", "dynamodb:Query", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a?c*", "abc", true),
            ("a?c", "ac", false),
            ("arn:*:table/orders/index/*", "arn:aws:dynamodb:us-east-1:0:table/orders/index/day", true),
            ("arn:*:table/orders/index/*", "arn:aws:dynamodb:us-east-1:0:table/orders", false),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
    }
}
