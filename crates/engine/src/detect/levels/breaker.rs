use serde::{Deserialize, Serialize};

/// The kind of an on-chain breaker rule. The program reads the venue, mint or oracle itself before it arms one: what the
/// engine sends is where to look, never what to believe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    /// Share of supplied funds that is lent out.
    #[serde(alias = "utilization")]
    Utilisation,
    /// What the venue could pay out now.
    WithdrawableLiquidity,
    /// A receipt that is worth less than it was.
    ExchangeRateFall,
    /// A price away from its peg.
    PegDeviation,
    /// A price that is too old.
    OracleStale,
    /// A price that is too uncertain.
    OracleWide,
    /// Two prices of one thing.
    OracleDivergent,
    /// More of a token than there was.
    SupplyJump,
    /// A venue's program was upgraded.
    ProgramdataChange,
}
