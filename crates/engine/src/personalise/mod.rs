//! From answers to a profile, and from a profile to a recommended mix.
//!
//! [`questions()`] is the questionnaire, [`score()`] what the answers say, [`recommend()`] the whole: it simulates the classes
//! ([`classes`], or [`ClassStatistics`] that the caller supplies), finds the mix with the best lower quantile of final
//! value whose fall stays within the limit, and says what that is in money.

pub mod classes;
mod error;
mod mix;
mod profile;
mod questions;
mod recommend;
mod score;
mod statistics;
mod text;

pub use classes::{Asset, Fees};
pub use error::PersonaliseError;
pub use mix::{ClassWeights, Outcome};
pub use profile::Profile;
pub use questions::{Choice, Dimension, Question, questions};
pub use recommend::{Recommendation, Request, recommend};
pub use score::{Answer, Answers, Contradiction, Scores, score};
pub use statistics::{ClassFigures, ClassStatistics};
pub use text::text;
