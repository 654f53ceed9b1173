//! The questionnaire: ten questions, what each measures, and what each answer counts.
//!
//! Capacity is what a person can afford to lose, willingness what they can bear to. Each question gives 0 to 100
//! points; a score is the plain mean of its questions. The lower score governs.

use serde::Serialize;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// What the person can afford to lose.
    Capacity,
    /// What the person can bear to lose.
    Willingness,
    /// Sets a limit directly; scores nothing.
    Limit,
}

/// An answer that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// What goes into the answers.
    pub id: &'static str,
    /// What a person reads.
    pub text: &'static str,
    /// Points, 0 to 100; none where nothing is scored.
    pub points: Option<u8>,
    /// The figure it stands for: days of horizon, bps of drawdown, bit of an asset class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<u32>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// Key in the answers.
    pub id: &'static str,
    /// What a person reads.
    pub text: &'static str,
    /// What it is about.
    pub dimension: Dimension,
    /// True when several choices, or none, may be given as a list.
    pub multiple: bool,
    /// The choices, from cautious to bold where there is such an order.
    pub choices: Vec<Choice>,
}

impl Question {
    /// The choice with this id.
    pub fn choice(&self, id: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.id == id)
    }
}

const fn scored(id: &'static str, text: &'static str, points: u8) -> Choice {
    Choice { id, text, points: Some(points), figure: None }
}

const fn figure(id: &'static str, text: &'static str, points: Option<u8>, figure: u32) -> Choice {
    Choice { id, text, points, figure: Some(figure) }
}

/// All questions, in the order they are asked.
pub fn questions() -> Vec<Question> {
    let question = |id, text, dimension, choices| Question { id, text, dimension, multiple: false, choices };
    use Dimension::{Capacity, Limit, Willingness};
    vec![
        // Figures: days, the near end of the range, as money may be needed then.
        question(
            "horizon",
            "When will you need most of this money?",
            Capacity,
            vec![
                figure("under_3_months", "Within three months", Some(0), 30),
                figure("3_to_12_months", "In three to twelve months", Some(25), 90),
                figure("1_to_3_years", "In one to three years", Some(55), 365),
                figure("3_to_5_years", "In three to five years", Some(80), 1_095),
                figure("over_5_years", "Later than in five years", Some(100), 1_825),
            ],
        ),
        question(
            "liquidity",
            "How much of it might you need at a week's notice?",
            Capacity,
            vec![
                scored("most", "Most of it", 0),
                scored("half", "About half", 35),
                scored("quarter", "Up to a quarter", 70),
                scored("none", "None", 100),
            ],
        ),
        question(
            "share_of_savings",
            "What part of your savings is this?",
            Capacity,
            vec![
                scored("over_half", "More than half", 0),
                scored("quarter_to_half", "A quarter to a half", 40),
                scored("tenth_to_quarter", "A tenth to a quarter", 75),
                scored("under_tenth", "Less than a tenth", 100),
            ],
        ),
        question(
            "reserve",
            "For how long could you live on other money if your income stopped?",
            Capacity,
            vec![
                scored("under_1_month", "Less than a month", 0),
                scored("1_to_3_months", "One to three months", 35),
                scored("3_to_6_months", "Three to six months", 70),
                scored("over_6_months", "Longer than six months", 100),
            ],
        ),
        question(
            "loss_reaction",
            "It has lost 15% within a month. What do you do?",
            Willingness,
            vec![
                scored("withdraw_all", "Take everything out", 0),
                scored("withdraw_part", "Take some out", 30),
                scored("wait", "Wait", 70),
                scored("add", "Add to it", 100),
            ],
        ),
        question(
            "max_loss",
            "What is the largest fall from its highest value that you would accept?",
            Willingness,
            vec![
                figure("2_percent", "2%", Some(0), 200),
                figure("5_percent", "5%", Some(25), 500),
                figure("10_percent", "10%", Some(50), 1_000),
                figure("20_percent", "20%", Some(75), 2_000),
                figure("35_percent", "35%", Some(100), 3_500),
            ],
        ),
        question(
            "trade_off",
            "Which year would you rather have? The good and the bad end are equally likely.",
            Willingness,
            vec![
                scored("steady", "Between 1% lost and 5% gained", 0),
                scored("some_swing", "Between 6% lost and 12% gained", 50),
                scored("wide_swing", "Between 18% lost and 28% gained", 100),
            ],
        ),
        question(
            "experience",
            "How well do you know on-chain lending, liquidity pools and staking?",
            Willingness,
            vec![
                scored("none", "I have never used them", 20),
                scored("some", "I have used them a few times", 50),
                scored("regular", "I use them regularly", 80),
                scored("professional", "They are my work", 100),
            ],
        ),
        Question {
            id: "exclusions",
            text: "Is there anything your money may not be used for?",
            dimension: Limit,
            multiple: true,
            choices: vec![
                figure("lending", "Supplying it to lending markets", None, super::profile::LENDING),
                figure("liquidity", "Providing liquidity to exchanges", None, super::profile::LIQUIDITY),
                figure("staking", "Liquid staking", None, super::profile::STAKING),
            ],
        },
        question(
            "glide",
            "May the program move your money to a safer class as the date comes near?",
            Limit,
            vec![figure("no", "No", None, 0), figure("yes", "Yes", None, 1)],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_points_rise_with_boldness() {
        let questions = questions();
        assert_eq!(questions.len(), 10);
        for (index, question) in questions.iter().enumerate() {
            assert!(questions.iter().skip(index + 1).all(|other| other.id != question.id));
            let scored = question.dimension != Dimension::Limit;
            assert!(
                question.choices.iter().all(|choice| choice.points.is_some() == scored),
                "{}",
                question.id
            );
            assert!(
                question.choices.windows(2).all(|pair| pair[0].points <= pair[1].points),
                "{}",
                question.id
            );
            assert!(question.choices.iter().all(|choice| question.choice(choice.id) == Some(choice)));
        }
    }
}
