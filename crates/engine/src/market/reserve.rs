use serde::{Deserialize, Serialize};

use crate::curve::RateCurve;
use crate::data::LendingRow;

/// Which observed figure a reserve is made to show on its own curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateTarget {
    /// What suppliers earn: the depositor's experience carries over.
    #[default]
    SupplyApr,
    /// What borrowers pay.
    BorrowApr,
    /// The utilisation that the observed rates imply: the liquidity carries over, the rates are the curve's.
    Utilisation,
}

impl RateTarget {
    /// The figure's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SupplyApr => "supply APR",
            Self::BorrowApr => "borrow APR",
            Self::Utilisation => "utilisation",
        }
    }

    /// The figure of a row; none where it cannot be known.
    pub fn of(self, row: &LendingRow) -> Option<f64> {
        match self {
            Self::SupplyApr => Some(row.supply_apr),
            Self::BorrowApr => Some(row.borrow_apr),
            Self::Utilisation => row.utilisation(),
        }
    }
}

/// Where a reserve should stand before our own deposit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReserveTarget {
    /// Borrowed over supplied by everybody else.
    pub utilisation: f64,
    /// What suppliers earn there, on the venue's curve.
    pub supply_apr: f64,
    /// What borrowers pay there, on the venue's curve.
    pub borrow_apr: f64,
    /// True when the observed rate lies off the curve, so that this is only its end.
    pub saturated: bool,
}

impl ReserveTarget {
    /// The state of `curve` that shows `figure` as its `target`.
    pub fn showing(curve: &RateCurve, target: RateTarget, figure: f64) -> Self {
        let (utilisation, saturated) = match target {
            RateTarget::SupplyApr => {
                let inverse = curve.utilisation_for_supply_apr(figure);
                (inverse.utilisation, inverse.saturated)
            }
            RateTarget::BorrowApr => {
                let inverse = curve.utilisation_for_borrow_apr(figure);
                (inverse.utilisation, inverse.saturated)
            }
            RateTarget::Utilisation => (figure.clamp(0.0, 1.0), !(0.0..=1.0).contains(&figure)),
        };
        Self {
            utilisation,
            supply_apr: curve.supply_apr(utilisation),
            borrow_apr: curve.borrow_apr(utilisation),
            saturated,
        }
    }

    /// Atoms that others borrow from a reserve to which others supplied `others_supplied_atoms`, rounded to
    /// the nearest atom and never more than was supplied.
    pub fn borrowed_atoms(&self, others_supplied_atoms: u64) -> u64 {
        let borrowed = (others_supplied_atoms as f64 * self.utilisation).round() as u64;
        borrowed.min(others_supplied_atoms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_is_met_on_the_curve() {
        let curve = RateCurve::new(&[(0, 0), (8_000, 400), (10_000, 6_000)], 1_000).unwrap();
        let row = LendingRow { ts: 0, supply_apr: 0.036, borrow_apr: 0.05, reserve_factor: 0.1 };
        let at = |target: RateTarget| ReserveTarget::showing(&curve, target, target.of(&row).unwrap());
        assert!((at(RateTarget::SupplyApr).supply_apr - 0.036).abs() < 1e-9);
        assert!((at(RateTarget::BorrowApr).borrow_apr - 0.05).abs() < 1e-9);
        assert!((at(RateTarget::Utilisation).utilisation - 0.8).abs() < 1e-9);
        assert!(ReserveTarget::showing(&curve, RateTarget::SupplyApr, 0.7).saturated);
        assert_eq!(at(RateTarget::Utilisation).borrowed_atoms(1_000), 800);
    }
}
