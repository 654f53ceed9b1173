//! A scenario set as the chain holds it: integers, one byte encoding, one hash.

use ballast_math::scenario::{FULL_LOSS_BPS, MAX_SCENARIOS, MAX_SET_FACTORS, Shocks};
use sha2::{Digest, Sha256};

use super::ScenarioError;
use crate::hex;

const MAGIC: [u8; 4] = *b"BSET";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 20;

/// The id that strategies on chain carry for a factor's name: the first four bytes of its SHA-256, little-endian. The
/// client's `risk_factor_id` is the same for crates that know the chain but not the engine; tests pin both to one value.
pub fn factor_id(name: &str) -> u32 {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(name.as_bytes()));
    u32::from_le_bytes([a, b, c, d])
}

/// Scenarios of equal weight `1 / drawn`. What was drawn and is not here is in the tail of no reference portfolio, so
/// that the worst `worst_k` of the set are the worst `1 - alpha` of everything drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioSet {
    /// Period of a scenario, seconds.
    pub horizon_secs: u32,
    /// Confidence level, bps: 9,500 is 95%.
    pub alpha_bps: u16,
    /// Scenarios in the tail.
    pub worst_k: u16,
    /// Scenarios drawn.
    pub drawn: u32,
    /// [`factor_id`] of each column.
    pub factors: Vec<u32>,
    /// Shocks in bps of value lost, row by row.
    pub shocks: Vec<u16>,
}

impl ScenarioSet {
    /// The shocks as the chain's functions take them.
    pub fn view(&self) -> Result<Shocks<'_>, ScenarioError> {
        Shocks::new(&self.shocks, self.factors.len()).ok_or_else(|| {
            ScenarioError::Decode(format!(
                "{} shocks of {} factors: whole rows of at most {MAX_SET_FACTORS}, 1 to {MAX_SCENARIOS} of them, no \
                 shock above {FULL_LOSS_BPS}",
                self.shocks.len(),
                self.factors.len()
            ))
        })
    }

    /// Number of scenarios.
    pub fn count(&self) -> usize {
        self.shocks.len().checked_div(self.factors.len()).unwrap_or(0)
    }

    /// What must hold of every set.
    pub fn validate(&self) -> Result<(), ScenarioError> {
        let count = self.view()?.count();
        let wrong = |problem: String| Err(ScenarioError::Decode(problem));
        if self.worst_k == 0 || usize::from(self.worst_k) > count {
            return wrong(format!("a tail of {} in a set of {count}", self.worst_k));
        }
        if self.alpha_bps >= FULL_LOSS_BPS || self.horizon_secs == 0 || (self.drawn as usize) < count {
            return wrong("confidence, horizon or number drawn out of range".into());
        }
        for (index, factor) in self.factors.iter().enumerate() {
            if *factor == 0 || self.factors.iter().skip(index + 1).any(|other| other == factor) {
                return wrong(format!("factor id {factor} is zero or twice there"));
            }
        }
        Ok(())
    }

    /// The canonical bytes, little-endian: "BSET", version u8, factors u8, scenarios u16, worst_k u16, alpha_bps u16,
    /// drawn u32, horizon_secs u32, then the factor ids (u32 each), then the shocks row by row (u16 each).
    pub fn encode(&self) -> Result<Vec<u8>, ScenarioError> {
        self.validate()?;
        let narrow = |_| ScenarioError::Decode("too many factors or scenarios".into());
        let mut bytes = Vec::with_capacity(HEADER_BYTES + 4 * self.factors.len() + 2 * self.shocks.len());
        bytes.extend(MAGIC);
        bytes.push(VERSION);
        bytes.push(u8::try_from(self.factors.len()).map_err(narrow)?);
        bytes.extend(u16::try_from(self.count()).map_err(narrow)?.to_le_bytes());
        bytes.extend(self.worst_k.to_le_bytes());
        bytes.extend(self.alpha_bps.to_le_bytes());
        bytes.extend(self.drawn.to_le_bytes());
        bytes.extend(self.horizon_secs.to_le_bytes());
        bytes.extend(self.factors.iter().flat_map(|factor| factor.to_le_bytes()));
        bytes.extend(self.shocks.iter().flat_map(|shock| shock.to_le_bytes()));
        Ok(bytes)
    }

    /// Reads what [`Self::encode`] wrote, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, ScenarioError> {
        let mut at = 0usize;
        let mut take = |count: usize| {
            let end = at.saturating_add(count);
            let part = bytes
                .get(at..end)
                .ok_or_else(|| ScenarioError::Decode(format!("{} bytes are too few", bytes.len())));
            at = end;
            part
        };
        let u16_of = |part: &[u8]| part.iter().rev().fold(0u16, |sum, byte| (sum << 8) | u16::from(*byte));
        let u32_of = |part: &[u8]| part.iter().rev().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte));
        if take(4)? != MAGIC || take(1)? != [VERSION] {
            return Err(ScenarioError::Decode("it does not begin with BSET and version 1".into()));
        }
        let factor_count = usize::from(take(1)?.first().copied().unwrap_or(0));
        let count = usize::from(u16_of(take(2)?));
        let (worst_k, alpha_bps) = (u16_of(take(2)?), u16_of(take(2)?));
        let (drawn, horizon_secs) = (u32_of(take(4)?), u32_of(take(4)?));
        let factors = take(4 * factor_count)?.chunks_exact(4).map(u32_of).collect();
        let shocks = take(2 * factor_count * count)?.chunks_exact(2).map(u16_of).collect();
        if at != bytes.len() {
            return Err(ScenarioError::Decode(format!("{} bytes follow the set", bytes.len() - at)));
        }
        let set = Self { horizon_secs, alpha_bps, worst_k, drawn, factors, shocks };
        set.validate()?;
        Ok(set)
    }

    /// SHA-256 of [`Self::encode`], in hexadecimal.
    pub fn sha256(&self) -> Result<String, ScenarioError> {
        Ok(hex::encode(Sha256::digest(self.encode()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set() -> ScenarioSet {
        ScenarioSet {
            horizon_secs: 604_800,
            alpha_bps: 9_500,
            worst_k: 2,
            drawn: 40,
            factors: vec![factor_id("venue:kamino"), factor_id("issuer:circle")],
            shocks: vec![1, 2, 300, 0, 10_000, 5],
        }
    }

    #[test]
    fn the_encoding_is_pinned() {
        let bytes = set().encode().unwrap();
        assert_eq!(bytes.len(), 20 + 8 + 12);
        assert_eq!(hex::encode(&bytes[..20]), "42534554010203000200".to_owned() + "1c2528000000803a0900");
        assert_eq!(set().sha256().unwrap(), hex::encode(Sha256::digest(&bytes)));
        // SHA-256("abc") begins ba 78 16 bf: the same id that the client gives.
        assert_eq!(factor_id("abc"), 0xbf16_78ba);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        let good = set().encode().unwrap();
        assert!(ScenarioSet::decode(&good[..good.len() - 1]).is_err());
        let mut longer = good.clone();
        longer.push(0);
        assert!(ScenarioSet::decode(&longer).unwrap_err().to_string().contains("1 bytes follow"));
        assert!(ScenarioSet::decode(b"BSET\x02").is_err());
        for bad in [
            ScenarioSet { worst_k: 0, ..set() },
            ScenarioSet { worst_k: 4, ..set() },
            ScenarioSet { drawn: 2, ..set() },
            ScenarioSet { factors: vec![7, 7], ..set() },
            ScenarioSet { shocks: vec![10_001, 0], ..set() },
            ScenarioSet { shocks: vec![1, 2, 3], ..set() },
        ] {
            assert!(bad.encode().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn decoding_never_panics_and_undoes_encoding(noise in prop::collection::vec(any::<u8>(), 0..80), shocks in prop::collection::vec(0u16..=10_000, 2..60)) {
            let _ = ScenarioSet::decode(&noise);
            let mut framed = set().encode().unwrap();
            framed.truncate(20);
            framed.extend(&noise);
            let _ = ScenarioSet::decode(&framed);
            let shocks = shocks[..shocks.len() / 2 * 2].to_vec();
            let one = ScenarioSet { worst_k: 1, shocks, ..set() };
            prop_assert_eq!(ScenarioSet::decode(&one.encode().unwrap()).unwrap(), one);
        }
    }
}
