//! State machines as data: one table of legal moves each, from which `decide`, `apply` and the diagrams all read.

use std::fmt::{Debug, Write};

/// One legal move: from a state, on a trigger, to a state.
pub type Move<S> = (S, &'static str, S);

/// A machine whose legal moves are one table.
pub trait Machine: Copy + Eq + Debug + 'static {
    /// The machine's name, as headings have it.
    const NAME: &'static str;
    /// Where it starts.
    const START: &'static [Self];
    /// Every legal move.
    const MOVES: &'static [Move<Self>];

    /// The state's stable name, as clients see it.
    fn name(self) -> &'static str;

    /// Whether the table knows a move between two states.
    #[must_use]
    fn can_become(self, to: Self) -> bool {
        Self::MOVES.iter().any(|(from, _, target)| *from == self && *target == to)
    }

    /// Whether no move leaves the state.
    #[must_use]
    fn is_final(self) -> bool {
        Self::MOVES.iter().all(|(from, _, _)| *from != self)
    }
}

/// Declares an enum of states with snake_case names and its table of moves.
macro_rules! machine {
    (
        $(#[$doc:meta])*
        $name:ident ($title:literal) {
            $( $(#[$vdoc:meta])* $state:ident = $text:literal, )+
        }
        start { $($start:ident),+ }
        moves { $( $from:ident -> $to:ident : $trigger:literal, )+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$vdoc])* #[serde(rename = $text)] $state, )+
        }

        impl $name {
            /// Every state, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$state),+];

            /// The state with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $( $text => Some(Self::$state), )+
                    _ => None,
                }
            }
        }

        impl $crate::machine::Machine for $name {
            const NAME: &'static str = $title;
            const START: &'static [Self] = &[$(Self::$start),+];
            const MOVES: &'static [$crate::machine::Move<Self>] =
                &[$((Self::$from, $trigger, Self::$to)),+];

            fn name(self) -> &'static str {
                match self { $(Self::$state => $text,)+ }
            }
        }
    };
}
pub(crate) use machine;

/// The machine as a Mermaid state diagram.
#[must_use]
pub fn mermaid<S: Machine>() -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for start in S::START {
        let _ = writeln!(text, "    [*] --> {}", start.name());
    }
    for (from, trigger, to) in S::MOVES {
        let _ = writeln!(text, "    {} --> {}: {trigger}", from.name(), to.name());
    }
    let mut ends: Vec<&str> =
        S::MOVES.iter().map(|(_, _, to)| *to).filter(|to| to.is_final()).map(Machine::name).collect();
    ends.dedup();
    ends.sort_unstable();
    ends.dedup();
    for end in ends {
        let _ = writeln!(text, "    {end} --> [*]");
    }
    text
}
