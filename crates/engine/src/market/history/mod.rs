mod config;
mod world;

use std::sync::Arc;

pub use config::{HistoryConfig, ReserveHistory, StableSource, StakeSource};
use world::World;

use super::{MarketError, MarketSource, MarketStep, Provenance, SourceKind};
use crate::data::DataDir;

/// Steps from the history files.
#[derive(Debug)]
pub struct HistoryMarket {
    steps: std::vec::IntoIter<MarketStep>,
    total_steps: usize,
    step_secs: i64,
    reserve_names: Vec<Arc<str>>,
    provenance: Provenance,
}

impl HistoryMarket {
    /// Reads what `config` needs and lays out every step, so that what is missing is known before the start.
    pub fn open(data: &DataDir, config: &HistoryConfig) -> Result<Self, MarketError> {
        let (from_ts, to_ts, step_secs) = (config.from_ts, config.to_ts, config.step_secs);
        let total_steps = match step_secs {
            1.. => to_ts.saturating_sub(from_ts) / step_secs,
            _ => 0,
        };
        let total_steps = usize::try_from(total_steps).unwrap_or(0);
        if total_steps == 0 {
            return Err(MarketError::EmptyWindow { from_ts, to_ts, step_secs });
        }
        let mut world = World::read(data, config)?;
        let steps: Vec<MarketStep> = (0..total_steps)
            .scan(from_ts, |ts, index| {
                let step = world.step(config, index, *ts);
                *ts = ts.saturating_add(step_secs);
                Some(step)
            })
            .collect();
        for (index, reserve) in world.reserves.iter_mut().enumerate() {
            let targets = steps.iter().filter_map(|step| step.reserves.get(index).copied().flatten());
            reserve.1.saturated_steps = targets.filter(|target| target.saturated).count();
        }
        let World { reserves, series, assumptions, .. } = world;
        let mut uses = series;
        uses.extend(reserves.into_iter().map(|(_, used)| used));
        Ok(Self {
            steps: steps.into_iter(),
            total_steps,
            step_secs,
            reserve_names: config.reserves.iter().map(|reserve| reserve.name.as_str().into()).collect(),
            provenance: Provenance {
                source: SourceKind::History,
                from_ts,
                to_ts,
                step_secs,
                series: uses,
                assumptions,
            },
        })
    }
}

impl Iterator for HistoryMarket {
    type Item = Result<MarketStep, MarketError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.steps.next().map(Ok)
    }
}

impl MarketSource for HistoryMarket {
    fn total_steps(&self) -> usize {
        self.total_steps
    }

    fn step_secs(&self) -> i64 {
        self.step_secs
    }

    fn reserve_names(&self) -> &[Arc<str>] {
        &self.reserve_names
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}
