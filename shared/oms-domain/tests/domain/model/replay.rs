//! The tie to the code: the model's whole graph is walked with a real order beside it. Each transition is made by
//! `decide` and `apply` as well, and what the order then is in the model's words must be what the model says. So the code
//! does nothing that the model does not know, and the model does nothing that the code would not do.

use std::collections::{HashMap, HashSet, VecDeque};

use stateright::Model;

use super::properties::{ONE_PAYMENT, Shop, TWO_PAYMENTS, WIDE, check, possible};
use super::real::Real;
use super::rules::Action;
use super::state::{Bounds, State};

/// The model's graph, as far as it was walked.
#[derive(Default)]
struct Graph {
    numbers: HashMap<State, usize>,
    /// For each state, where it came from.
    before: Vec<Vec<usize>>,
    resting: Vec<usize>,
}

impl Graph {
    fn number(&mut self, state: &State) -> usize {
        if let Some(number) = self.numbers.get(state) {
            return *number;
        }
        let number = self.before.len();
        self.numbers.insert(state.clone(), number);
        self.before.push(Vec::new());
        if state.books.rests() {
            self.resting.push(number);
        }
        number
    }

    /// How many states have a way to rest.
    fn can_rest(&self) -> usize {
        let mut seen: HashSet<usize> = self.resting.iter().copied().collect();
        let mut open = self.resting.clone();
        while let Some(number) = open.pop() {
            open.extend(self.before[number].iter().copied().filter(|b| seen.insert(*b)));
        }
        seen.len()
    }
}

/// Every transition of the model beside the code, and how many there are.
fn walk(shop: &Shop) -> (Graph, usize) {
    let mut graph = Graph::default();
    let mut open = VecDeque::new();
    let mut transitions = 0;
    for state in shop.init_states() {
        let real = Real::received(&state);
        assert_eq!(real.books(), state.books, "how an order begins");
        graph.number(&state);
        open.push_back((state, real));
    }
    while let Some((state, real)) = open.pop_front() {
        let number = graph.number(&state);
        for action in Action::all(&state) {
            let Some(next) = state.after(action) else { continue };
            let there = real.after(&state, action);
            let books = there.as_ref().map_or_else(|| state.books.clone(), Real::books);
            assert!(
                books == next.books,
                "{action:?} from {:#?}\n{:#?}\nthe code leads to {books:#?}\nthe model to {:#?}",
                state.books,
                state.world,
                next.books
            );
            transitions += 1;
            if next == state {
                continue;
            }
            let known = graph.before.len();
            let to = graph.number(&next);
            graph.before[to].push(number);
            if to == known {
                open.push_back((next, there.unwrap_or_else(|| real.clone())));
            }
        }
    }
    (graph, transitions)
}

/// Walks the model within these bounds beside the code.
fn replay(bounds: Bounds) {
    let began = std::time::Instant::now();
    let (graph, transitions) = walk(&Shop(bounds));
    let states = graph.numbers.len();
    let seconds = began.elapsed().as_secs_f64();
    println!("replayed: {states} states, {transitions} transitions by decide and apply, {seconds:.1} s; {bounds:?}");
    assert_eq!(graph.can_rest(), states, "from every state some way leads to rest");
    assert_eq!(check(bounds).0, states, "the walk and the checker see the same states");
}

#[test]
fn the_code_keeps_to_the_model_with_one_payment() {
    replay(ONE_PAYMENT);
}

#[test]
fn the_code_keeps_to_the_model_with_two_payments() {
    replay(TWO_PAYMENTS);
}

/// `MODEL=wide` walks the largest bounds too, which takes minutes.
#[test]
fn the_model_is_about_something() {
    let mut found = check(ONE_PAYMENT).1;
    found.append(&mut check(TWO_PAYMENTS).1);
    let never: Vec<_> = possible().difference(&found).copied().collect();
    assert!(never.is_empty(), "never seen: {never:?}");
    if std::env::var("MODEL").is_ok_and(|m| m == "wide") {
        replay(WIDE);
    }
}
