//! What a run must have shown to count as a success.

/// What happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Steps of the market.
    pub market_steps: u64,
    /// Decisions recorded.
    pub decisions: u64,
    /// Moves of funds executed.
    pub moves: u64,
    /// How often the books were checked, over all vaults.
    pub conservation_checks: u64,
    /// Where they did not add up.
    pub conservation_broken: Vec<String>,
    /// Runs of a keeper that ended in an error.
    pub keeper_errors: Vec<String>,
    /// Atoms that the wallet got back, in words; `None` while it did not withdraw.
    pub withdrawn: Option<String>,
    /// What the wallet or a reader tried and could not do.
    pub wallet_errors: Vec<String>,
    /// Vaults that never recorded a decision.
    pub undecided: Vec<String>,
}

/// Keeper errors that a run survives: a transaction may expire when the chain's clock jumps.
const TOLERATED_KEEPER_ERRORS: usize = 2;

impl Tally {
    /// What went wrong, one sentence each; nothing for a success.
    ///
    /// A run that was cut short is held only to what may never happen.
    pub fn failures(&self, cut_short: bool) -> Vec<String> {
        let mut failures: Vec<String> = Vec::new();
        failures.extend(self.conservation_broken.iter().map(|what| format!("conservation broken: {what}")));
        failures.extend(self.wallet_errors.iter().cloned());
        if self.keeper_errors.len() > TOLERATED_KEEPER_ERRORS {
            failures.extend(self.keeper_errors.iter().map(|error| format!("keeper: {error}")));
        }
        if cut_short {
            return failures;
        }
        for (is_missing, what) in [
            (self.market_steps == 0, "the market did not move"),
            (self.decisions == 0, "no decision was recorded"),
            (self.moves == 0, "no allocation was executed"),
            (self.conservation_checks == 0, "the books were never checked"),
            (self.withdrawn.is_none(), "the wallet did not withdraw"),
        ] {
            if is_missing {
                failures.push(what.to_owned());
            }
        }
        failures.extend(self.undecided.iter().map(|vault| format!("{vault} never recorded a decision")));
        failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Tally {
        Tally {
            market_steps: 20,
            decisions: 4,
            moves: 7,
            conservation_checks: 80,
            withdrawn: Some("1 USDC".to_owned()),
            ..Tally::default()
        }
    }

    #[test]
    fn a_full_run_passes_and_an_empty_one_names_all_it_lacks() {
        assert!(good().failures(false).is_empty());
        let failures = Tally::default().failures(false);
        assert_eq!(failures.len(), 5, "{failures:?}");
        assert!(Tally::default().failures(true).is_empty());
    }

    #[test]
    fn broken_books_fail_even_a_run_cut_short() {
        let tally = Tally { conservation_broken: vec!["usdc/growth: idle".to_owned()], ..good() };
        assert_eq!(tally.failures(true), ["conservation broken: usdc/growth: idle"]);
    }

    #[test]
    fn two_lost_transactions_are_survived_and_three_are_not() {
        let mut tally = good();
        tally.keeper_errors = vec!["expired".to_owned(); 2];
        assert!(tally.failures(false).is_empty());
        tally.keeper_errors.push("expired".to_owned());
        assert_eq!(tally.failures(false).len(), 3);
    }

    #[test]
    fn a_vault_without_a_decision_is_named() {
        let tally = Tally { undecided: vec!["sol/balanced".to_owned()], ..good() };
        assert_eq!(tally.failures(false), ["sol/balanced never recorded a decision"]);
    }
}
