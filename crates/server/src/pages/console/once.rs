//! A form that moves units is done once, however often its button is pressed.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::problem::Problem;
use crate::secrets;

/// The numbers of forms that were done, the latest last. They mean something for the seconds
/// between two clicks alone.
static DONE: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// How many are remembered.
const MOST: usize = 1000;

/// A number for a new form.
pub(super) fn number() -> Result<String, Problem> {
    Ok(secrets::random("")?)
}

/// Whether this looks like a number of ours.
pub(super) fn is_number(text: &str) -> bool {
    (40..=64).contains(&text.len())
}

/// Whether the form of this number is done for the first time; from now on it is not.
pub(super) fn begin(number: &str) -> bool {
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if done.iter().any(|known| known == number) {
        return false;
    }
    if done.len() >= MOST {
        done.pop_front();
    }
    done.push_back(number.to_owned());
    true
}

/// The form of this number came to nothing and may be sent again.
pub(super) fn forget(number: &str) {
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    done.retain(|known| known != number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_done_once_unless_it_came_to_nothing() {
        let form = number().unwrap();
        assert!(is_number(&form));
        assert!(!is_number(""));
        assert!(begin(&form));
        assert!(!begin(&form));
        forget(&form);
        assert!(begin(&form));
        assert!(begin(&number().unwrap()));
    }
}
