//! `ballast profile`

use ballast_client::state::{Mandate, asset_class, class};
use ballast_client::{ChainClient, address, decode_profile, instruction as build};
use clap::Subcommand;
use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::error::CliError;
use crate::names::{asset_class_names, class_name, parse_asset_classes, parse_class};
use crate::output::{fields, show};
use crate::ratio::{parse_bps, percent};
use crate::session::Session;
use crate::when;

/// What to do with a profile.
#[derive(Clone, Debug, Subcommand)]
pub enum ProfileCommand {
    /// State, or change, what your money may be used for
    Set(SetArgs),
    /// Show a profile
    Show {
        /// Whose; yours when not given
        owner: Option<Pubkey>,
    },
}

/// Arguments of `profile set`.
#[derive(Clone, Debug, clap::Args)]
pub struct SetArgs {
    /// Riskiest class of vault to accept: conservative, balanced or growth
    #[arg(long, value_name = "CLASS")]
    pub tolerance: String,
    /// When the money may be needed: a date, or a time from now such as 90d, 6mo or 2y
    #[arg(long, value_name = "WHEN")]
    pub horizon: String,
    /// What vaults may hold: lending, liquidity, staking; everything when not given
    #[arg(long, value_delimiter = ',', value_name = "CLASS")]
    pub asset_classes: Vec<String>,
    /// Wanted split over conservative, balanced and growth, such as 60%,40%,0%; all in the tolerance's class
    /// when not given
    #[arg(long, value_delimiter = ',', num_args = 1.., value_name = "SHARE")]
    pub mix: Vec<String>,
    /// Largest fall from a peak to accept
    #[arg(long, default_value = "20%", value_name = "SHARE")]
    pub max_drawdown: String,
    /// Consent to being moved to a safer class as the horizon nears
    #[arg(long)]
    pub glide: bool,
}

/// A profile, for machines.
#[derive(Debug, Serialize)]
struct Shown {
    owner: String,
    tolerance: &'static str,
    asset_classes: Vec<&'static str>,
    horizon_ts: i64,
    mix_bps: [u16; 3],
    max_drawdown_bps: u16,
    glide: bool,
    signature: Option<String>,
}

/// Runs it.
pub fn run(session: &mut Session, command: ProfileCommand) -> Result<(), CliError> {
    match command {
        ProfileCommand::Set(args) => set(session, &args),
        ProfileCommand::Show { owner } => {
            let owner = match owner {
                Some(owner) => owner,
                None => session
                    .wallet_address()?
                    .ok_or_else(|| CliError::input("whose profile? Give an address or --keypair FILE"))?,
            };
            let account = session
                .chain
                .account(&address::profile(&owner))?
                .ok_or_else(|| CliError::input(format!("{owner} has no profile")))?;
            let mandate = decode_profile(&account.data).map_err(CliError::environment)?.mandate;
            show_mandate(session, owner, &mandate, None)
        }
    }
}

fn set(session: &mut Session, args: &SetArgs) -> Result<(), CliError> {
    let wallet = session.wallet()?;
    let now_ts = session.chain.clock()?.unix_ts;
    let mandate = mandate(args, now_ts)?;
    let owner = wallet.pubkey();
    let landed = session.chain.send(&[build::set_profile(owner, mandate)], &[&wallet])?;
    // What landed is what was sent: a node that is behind would show the one before.
    show_mandate(session, owner, &mandate, Some(landed.signature.to_string()))
}

/// The mandate that the arguments state. What the program checks is left to the program.
fn mandate(args: &SetArgs, now_ts: i64) -> Result<Mandate, CliError> {
    let tolerance = parse_class(&args.tolerance).map_err(CliError::input)?;
    let asset_classes = match args.asset_classes.as_slice() {
        [] => asset_class::ALL,
        words => parse_asset_classes(words.iter().map(String::as_str)).map_err(CliError::input)?,
    };
    let mut mix_bps = [0u16; class::COUNT as usize];
    match args.mix.as_slice() {
        [] => {
            if let Some(share) = mix_bps.get_mut(usize::from(tolerance)) {
                *share = 10_000;
            }
        }
        shares if shares.len() == mix_bps.len() => {
            for (bps, text) in mix_bps.iter_mut().zip(shares) {
                *bps = parse_bps(text).map_err(CliError::input)?;
            }
        }
        shares => {
            return Err(CliError::input(format!(
                "--mix has {} shares: give three, for conservative, balanced and growth",
                shares.len()
            )));
        }
    }
    Ok(Mandate {
        tolerance,
        asset_classes,
        horizon_ts: when::parse(&args.horizon, now_ts).map_err(CliError::input)?,
        mix_bps,
        max_drawdown_bps: parse_bps(&args.max_drawdown).map_err(CliError::input)?,
        glide: args.glide,
    })
}

fn show_mandate(
    session: &Session,
    owner: Pubkey,
    mandate: &Mandate,
    signature: Option<String>,
) -> Result<(), CliError> {
    let shown = Shown {
        owner: owner.to_string(),
        tolerance: class_name(mandate.tolerance),
        asset_classes: asset_class_names(mandate.asset_classes),
        horizon_ts: mandate.horizon_ts,
        mix_bps: mandate.mix_bps,
        max_drawdown_bps: mandate.max_drawdown_bps,
        glide: mandate.glide,
        signature,
    };
    show(session.json, &shown, |shown| {
        let mix = (0u8..).zip(shown.mix_bps).filter(|(_, bps)| *bps > 0);
        let mix: Vec<String> =
            mix.map(|(class, bps)| format!("{} {}", percent(u64::from(bps)), class_name(class))).collect();
        let mut lines = vec![
            ("Owner", shown.owner.clone()),
            ("Tolerance", shown.tolerance.to_owned()),
            ("Asset classes", shown.asset_classes.join(", ")),
            ("Horizon", when::format(shown.horizon_ts)),
            ("Mix", mix.join(", ")),
            ("Max drawdown", percent(u64::from(shown.max_drawdown_bps))),
            ("Glide", if shown.glide { "yes" } else { "no" }.to_owned()),
        ];
        lines.extend(shown.signature.clone().map(|signature| ("Transaction", signature)));
        fields(&lines)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn args() -> SetArgs {
        SetArgs {
            tolerance: "balanced".into(),
            horizon: "1y".into(),
            asset_classes: vec![],
            mix: vec![],
            max_drawdown: "15%".into(),
            glide: true,
        }
    }

    #[test]
    fn what_is_not_said_is_everything_in_the_tolerated_class() {
        let mandate = mandate(&args(), 1_000).unwrap();
        assert_eq!(mandate.mix_bps, [0, 10_000, 0]);
        assert_eq!(mandate.asset_classes, asset_class::ALL);
        assert_eq!(mandate.horizon_ts, 1_000 + 365 * 86_400);
        assert!(mandate.validate(1_000).is_ok());
    }

    #[test]
    fn a_mix_names_all_three_classes() {
        let split = |mix: &[&str]| {
            mandate(&SetArgs { mix: mix.iter().map(|s| s.to_string()).collect(), ..args() }, 0)
        };
        assert_eq!(split(&["60%", "40%", "0%"]).unwrap().mix_bps, [6_000, 4_000, 0]);
        assert!(split(&["60%", "40%"]).unwrap_err().to_string().contains("give three"));
        assert!(split(&["60", "40%", "0%"]).is_err());
    }
}
