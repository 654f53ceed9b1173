//! From answers to scores, a tolerance, limits, and what does not fit together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PersonaliseError;
use super::profile::ALL;
use super::questions::{Dimension, Question, questions};

/// Below this score: conservative. From it to [`GROWTH_FROM`]: balanced.
pub const BALANCED_FROM: f64 = 40.0;
/// From this score: growth.
pub const GROWTH_FROM: f64 = 70.0;
/// Scores further apart than this are reported.
const FAR_APART: f64 = 40.0;
const SHORT_DAYS: u32 = 90;

/// An answer: one choice, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "an answer is a choice in quotes, a list of choices, true or false")]
pub enum Answer {
    /// One choice's id.
    One(String),
    /// Ids of several, possibly none.
    Several(Vec<String>),
    /// Yes or no.
    Flag(bool),
}

/// Answers by question id.
pub type Answers = BTreeMap<String, Answer>;

/// Two answers that do not fit together, and what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// Ids of the questions.
    pub between: Vec<&'static str>,
    /// What does not fit, and which answer governs.
    pub text: String,
}

/// What the answers say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// What can be afforded, 0 to 100.
    pub capacity: f64,
    /// What can be borne, 0 to 100.
    pub willingness: f64,
    /// The lower of the two.
    pub governing: f64,
    /// Which that is.
    pub governed_by: &'static str,
    /// Highest class, 0 to 2.
    pub tolerance: u8,
    /// Why the tolerance is lower than the score alone would give.
    pub caps: Vec<String>,
    /// Days to the horizon, at the near end of the answer.
    pub horizon_days: u32,
    /// Largest fall accepted, bps.
    pub max_drawdown_bps: u16,
    /// Accepted asset classes.
    pub asset_classes: u32,
    /// Consent to the glide.
    pub glide: bool,
    /// What does not fit together.
    pub contradictions: Vec<Contradiction>,
}

/// One choice of every single question, checked.
struct Chosen(BTreeMap<&'static str, super::questions::Choice>);

impl Chosen {
    fn id(&self, question: &str) -> &'static str {
        self.0.get(question).map_or("", |choice| choice.id)
    }

    fn figure(&self, question: &str) -> u32 {
        self.0.get(question).and_then(|choice| choice.figure).unwrap_or(0)
    }

    fn score(&self, all: &[Question], dimension: Dimension) -> f64 {
        let asked = all.iter().filter(|question| question.dimension == dimension);
        let points: Vec<f64> =
            asked.filter_map(|question| self.0.get(question.id)?.points.map(f64::from)).collect();
        points.iter().sum::<f64>() / points.len().max(1) as f64
    }
}

/// Scores the answers; every question but `exclusions` must be answered.
pub fn score(answers: &Answers) -> Result<Scores, PersonaliseError> {
    let all = questions();
    if let Some(unknown) = answers.keys().find(|id| !all.iter().any(|question| question.id == id.as_str())) {
        let known: Vec<&str> = all.iter().map(|question| question.id).collect();
        let problem = format!("no such question; there are: {}", known.join(", "));
        return Err(PersonaliseError::Answer { question: unknown.clone(), problem });
    }
    let mut chosen = Chosen(BTreeMap::new());
    let mut excluded = 0;
    for question in &all {
        let answer = answers.get(question.id);
        if question.multiple {
            excluded |= several(question, answer)?;
        } else {
            chosen.0.insert(question.id, single(question, answer)?);
        }
    }
    let asset_classes = ALL & !excluded;
    if asset_classes == 0 {
        let problem = "everything is excluded: nothing is left to earn with".into();
        return Err(PersonaliseError::Answer { question: "exclusions".into(), problem });
    }
    let capacity = chosen.score(&all, Dimension::Capacity);
    let willingness = chosen.score(&all, Dimension::Willingness);
    let governing = capacity.min(willingness);
    let horizon_days = chosen.figure("horizon");
    let mut tolerance = if governing >= GROWTH_FROM { 2 } else { u8::from(governing >= BALANCED_FROM) };
    let mut caps = Vec::new();
    let mut cap = |at_most: u8, why: &str| {
        if tolerance > at_most {
            tolerance = at_most;
            caps.push(why.to_owned());
        }
    };
    if horizon_days < SHORT_DAYS {
        cap(0, "money needed within three months stays in the conservative class");
    }
    if chosen.id("liquidity") == "most" {
        cap(0, "money that may be needed within a week stays in the conservative class");
    }
    if chosen.id("experience") == "none" {
        cap(1, "without experience nothing above the balanced class");
    }
    let max_drawdown_bps = u16::try_from(chosen.figure("max_loss")).unwrap_or(0);
    let contradictions = contradictions(&chosen, capacity, willingness, horizon_days);
    Ok(Scores {
        capacity,
        willingness,
        governing,
        governed_by: if capacity <= willingness { "capacity" } else { "willingness" },
        tolerance,
        caps,
        horizon_days,
        max_drawdown_bps,
        asset_classes,
        glide: chosen.figure("glide") == 1,
        contradictions,
    })
}

fn options(question: &Question) -> String {
    question.choices.iter().map(|choice| choice.id).collect::<Vec<_>>().join(", ")
}

fn single(
    question: &Question,
    answer: Option<&Answer>,
) -> Result<super::questions::Choice, PersonaliseError> {
    let wrong = |problem: String| PersonaliseError::Answer { question: question.id.into(), problem };
    let id = match answer {
        None => return Err(wrong(format!("not answered; one of: {}", options(question)))),
        Some(Answer::Several(_)) => return Err(wrong(format!("a list; give one of: {}", options(question)))),
        Some(Answer::One(id)) => id.as_str(),
        Some(Answer::Flag(yes)) => {
            if *yes {
                "yes"
            } else {
                "no"
            }
        }
    };
    question.choice(id).copied().ok_or_else(|| wrong(format!("{id:?} is not one of: {}", options(question))))
}

/// The figures of all choices given, together.
fn several(question: &Question, answer: Option<&Answer>) -> Result<u32, PersonaliseError> {
    let wrong = |problem: String| PersonaliseError::Answer { question: question.id.into(), problem };
    let ids: Vec<String> = match answer {
        None => vec![],
        Some(Answer::Several(ids)) => ids.clone(),
        Some(Answer::One(id)) if id == "none" || id.is_empty() => vec![],
        Some(Answer::One(id)) => vec![id.clone()],
        Some(Answer::Flag(_)) => return Err(wrong(format!("a list of: {}", options(question)))),
    };
    ids.iter().try_fold(0, |mask, id| {
        let choice = question.choice(id);
        choice
            .map(|choice| mask | choice.figure.unwrap_or(0))
            .ok_or_else(|| wrong(format!("{id:?} is not one of: {}", options(question))))
    })
}

fn contradictions(chosen: &Chosen, capacity: f64, willingness: f64, horizon_days: u32) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let mut note = |between: &[&'static str], text: String| {
        found.push(Contradiction { between: between.to_vec(), text });
    };
    let max_loss = chosen.figure("max_loss");
    let (reaction, trade_off) = (chosen.id("loss_reaction"), chosen.id("trade_off"));
    if matches!(reaction, "wait" | "add") && max_loss <= 500 {
        note(
            &["loss_reaction", "max_loss"],
            format!(
                "you would sit out a fall of 15%, yet accept no more than {}%: the smaller loss governs",
                max_loss / 100
            ),
        );
    }
    if reaction == "withdraw_all" && max_loss >= 2_000 {
        note(
            &["loss_reaction", "max_loss"],
            format!(
                "you accept a fall of {}%, yet would leave at 15%: leaving then makes the loss final; the lower score counts",
                max_loss / 100
            ),
        );
    }
    if trade_off == "wide_swing" && max_loss <= 500 {
        note(
            &["trade_off", "max_loss"],
            format!(
                "you chose a year that may lose 18%, yet accept no more than {}%: the smaller loss governs",
                max_loss / 100
            ),
        );
    }
    if trade_off == "steady" && max_loss >= 2_000 {
        note(&["trade_off", "max_loss"], "you accept a deep fall, yet chose the steadiest year: scored as answered, the lower score governs".into());
    }
    if horizon_days >= 1_095 && chosen.id("liquidity") == "most" {
        note(
            &["horizon", "liquidity"],
            "money for years ahead that may be needed within a week: treated as needed within a week".into(),
        );
    }
    if chosen.id("experience") == "none" && trade_off == "wide_swing" {
        note(
            &["experience", "trade_off"],
            "the widest swings without experience: nothing above the balanced class".into(),
        );
    }
    if (capacity - willingness).abs() > FAR_APART {
        note(
            &["capacity", "willingness"],
            format!(
                "you {}: the lower score governs",
                if capacity > willingness {
                    "can afford far more risk than you want"
                } else {
                    "want far more risk than you can afford"
                }
            ),
        );
    }
    found
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// All of one temper: index of the choice in every scored question, cut to what there is.
    pub fn answers(level: usize) -> Answers {
        let scored = questions().into_iter().filter(|question| !question.multiple);
        scored
            .map(|question| {
                let choice = &question.choices[level.min(question.choices.len() - 1)];
                (question.id.to_owned(), Answer::One(choice.id.to_owned()))
            })
            .collect()
    }

    pub fn with(mut answers: Answers, question: &str, choice: &str) -> Answers {
        answers.insert(question.into(), Answer::One(choice.into()));
        answers
    }

    #[test]
    fn the_lower_score_governs() {
        let cautious = score(&answers(0)).unwrap();
        assert_eq!((cautious.capacity, cautious.willingness, cautious.tolerance), (0.0, 5.0, 0));
        let bold = score(&answers(9)).unwrap();
        assert_eq!((bold.capacity, bold.willingness, bold.tolerance), (100.0, 100.0, 2));
        assert_eq!((bold.horizon_days, bold.max_drawdown_bps, bold.glide), (1_825, 3_500, true));
        assert!(bold.contradictions.is_empty() && bold.caps.is_empty());
        // Rich but timid: willingness governs, and the distance is reported.
        let timid = with(with(answers(9), "loss_reaction", "withdraw_all"), "max_loss", "2_percent");
        let timid = score(&with(with(timid, "trade_off", "steady"), "experience", "some")).unwrap();
        assert_eq!((timid.governed_by, timid.tolerance), ("willingness", 0));
        assert!(timid.contradictions.iter().any(|c| c.between == ["capacity", "willingness"]));
        // Middle of everything.
        assert_eq!(score(&answers(2)).unwrap().tolerance, 1);
    }

    #[test]
    fn bolder_answers_never_lower_the_tolerance() {
        let tolerances: Vec<u8> = (0..5).map(|level| score(&answers(level)).unwrap().tolerance).collect();
        assert!(tolerances.windows(2).all(|pair| pair[0] <= pair[1]), "{tolerances:?}");
    }

    #[test]
    fn hard_caps_and_contradictions_are_reported() {
        let soon = score(&with(answers(9), "horizon", "under_3_months")).unwrap();
        assert_eq!(soon.tolerance, 0);
        assert_eq!(soon.caps.len(), 1);
        let fresh = score(&with(answers(9), "experience", "none")).unwrap();
        assert_eq!(fresh.tolerance, 1);
        assert!(fresh.contradictions.iter().any(|c| c.between == ["experience", "trade_off"]));
        let torn = score(&with(answers(9), "max_loss", "2_percent")).unwrap();
        assert_eq!(torn.max_drawdown_bps, 200);
        assert_eq!(torn.contradictions.len(), 2);
        let ready = score(&with(answers(9), "liquidity", "most")).unwrap();
        assert_eq!(
            (ready.tolerance, ready.contradictions[0].between.as_slice()),
            (0, ["horizon", "liquidity"].as_slice())
        );
    }

    #[test]
    fn exclusions_take_bits_away() {
        let mut answers = answers(9);
        answers.insert("exclusions".into(), Answer::Several(vec!["liquidity".into(), "staking".into()]));
        assert_eq!(score(&answers).unwrap().asset_classes, super::super::profile::LENDING);
        let all = ["liquidity", "staking", "lending"].map(String::from).to_vec();
        answers.insert("exclusions".into(), Answer::Several(all));
        assert!(score(&answers).unwrap_err().to_string().contains("everything is excluded"));
    }

    #[test]
    fn bad_answers_are_named() {
        let missing: Answers = answers(1).into_iter().filter(|(id, _)| id != "reserve").collect();
        assert!(
            score(&missing)
                .unwrap_err()
                .to_string()
                .contains("answers.reserve: not answered; one of: under_1_month")
        );
        let error = score(&with(answers(1), "reserve", "lots")).unwrap_err().to_string();
        assert!(error.contains("answers.reserve: \"lots\" is not one of"), "{error}");
        let error = score(&with(answers(1), "shoe_size", "44")).unwrap_err().to_string();
        assert!(error.contains("answers.shoe_size: no such question"), "{error}");
        let mut listed = answers(1);
        listed.insert("reserve".into(), Answer::Several(vec![]));
        assert!(score(&listed).unwrap_err().to_string().contains("a list; give one of"));
    }
}
