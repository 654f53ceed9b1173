//! A mandate in exactly the program's terms, with the program's own checks repeated.

use serde::Serialize;

use super::PersonaliseError;

/// Supplying an asset to a lending market.
pub const LENDING: u32 = 1;
/// Providing liquidity to an exchange.
pub const LIQUIDITY: u32 = 1 << 1;
/// Liquid staking.
pub const STAKING: u32 = 1 << 2;
/// Every asset class.
pub const ALL: u32 = LENDING | LIQUIDITY | STAKING;

/// Names of the risk classes, by the program's number.
pub const CLASS_NAMES: [&str; 3] = ["conservative", "balanced", "growth"];
const FULL_BPS: u32 = 10_000;

/// What `set_profile` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Highest class accepted, 0 to 2.
    pub tolerance: u8,
    /// Its name.
    pub tolerance_name: &'static str,
    /// Accepted asset classes, a mask: 1 lending, 2 liquidity, 4 staking.
    pub asset_classes: u32,
    /// Their names.
    pub asset_class_names: Vec<&'static str>,
    /// Unix time at which the money may be needed.
    pub horizon_ts: i64,
    /// Split of what is deposited over the classes, bps; sums to 10,000, zero above the tolerance.
    pub mix_bps: [u16; 3],
    /// Largest fall from a peak accepted, bps.
    pub max_drawdown_bps: u16,
    /// Consent to being moved to a safer class.
    pub glide: bool,
}

/// Names of the bits of `mask`.
pub fn asset_class_names(mask: u32) -> Vec<&'static str> {
    let all = [(LENDING, "lending"), (LIQUIDITY, "liquidity"), (STAKING, "staking")];
    all.into_iter().filter(|(bit, _)| mask & bit != 0).map(|(_, name)| name).collect()
}

impl Profile {
    /// What the program checks in `Mandate::validate`.
    pub fn validate(&self, now_ts: i64) -> Result<(), PersonaliseError> {
        let wrong = |problem: String| Err(PersonaliseError::field("profile", problem));
        if usize::from(self.tolerance) >= CLASS_NAMES.len() {
            return wrong(format!("{} is no class", self.tolerance));
        }
        if self.asset_classes == 0 || self.asset_classes & !ALL != 0 {
            return wrong(format!("{} is no mask of asset classes", self.asset_classes));
        }
        let sum: u32 = self.mix_bps.iter().map(|bps| u32::from(*bps)).sum();
        let above = self.mix_bps.iter().zip(0u8..).any(|(bps, class)| class > self.tolerance && *bps > 0);
        if sum != FULL_BPS || above {
            return wrong(format!("the mix {:?} does not sum to 10,000 within the tolerance", self.mix_bps));
        }
        if u32::from(self.max_drawdown_bps) > FULL_BPS || self.horizon_ts <= now_ts {
            return wrong("drawdown above 100%, or a horizon that is not in the future".into());
        }
        Ok(())
    }

    /// The command that sets it.
    pub fn command(&self) -> String {
        let percent = |bps: u16| format!("{}%", f64::from(bps) / 100.0);
        let mix: Vec<String> = self.mix_bps.iter().map(|bps| percent(*bps)).collect();
        format!(
            "ballast profile set --tolerance {} --horizon {} --asset-classes {} --mix {} --max-drawdown {}{}",
            self.tolerance_name,
            crate::time::format_date(self.horizon_ts),
            self.asset_class_names.join(","),
            mix.join(","),
            percent(self.max_drawdown_bps),
            if self.glide { " --glide" } else { "" }
        )
    }
}
