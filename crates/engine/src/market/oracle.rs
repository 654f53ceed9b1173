use serde::{Deserialize, Serialize};

/// Quotes carry eight decimals, as Pyth's crypto feeds do.
const E8: f64 = 1e8;

/// A published price, all in units of 1e-8 US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Price.
    pub price_e8: i64,
    /// Half-width of the confidence interval.
    pub conf_e8: u64,
    /// Exponential moving average of the price.
    pub ema_e8: i64,
    /// Its confidence.
    pub ema_conf_e8: u64,
}

impl Quote {
    /// The price in dollars.
    pub fn price(&self) -> f64 {
        self.price_e8 as f64 / E8
    }
}

/// How an oracle's confidence and average follow from prices alone, since the history has only closes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OracleModel {
    /// Confidence in quiet times, bps of the price.
    pub base_conf_bps: f64,
    /// Confidence added per unit of absolute log return since the last quote: 0.1 adds 1% after a 10% move.
    pub conf_per_move: f64,
    /// Time constant of the moving average, seconds.
    pub ema_tau_secs: f64,
}

impl Default for OracleModel {
    /// 5 bps, a tenth of the last move, and an hour, which is about what Pyth's average spans.
    fn default() -> Self {
        Self { base_conf_bps: 5.0, conf_per_move: 0.1, ema_tau_secs: 3_600.0 }
    }
}

/// Turns prices into quotes, one at a time.
#[derive(Clone, Debug)]
pub struct QuoteMaker {
    model: OracleModel,
    last: Option<(i64, f64)>,
    ema: f64,
}

impl QuoteMaker {
    /// Starts with no past: the first quote's average is its price.
    pub fn new(model: OracleModel) -> Self {
        Self { model, last: None, ema: 0.0 }
    }

    /// The quote for `price` dollars at `ts`; none when the price does not fit eight decimals in an i64.
    pub fn quote(&mut self, ts: i64, price: f64) -> Option<Quote> {
        let (elapsed, moved) = match self.last {
            Some((last_ts, last)) => (ts.saturating_sub(last_ts) as f64, (price / last).ln().abs()),
            None => (f64::INFINITY, 0.0),
        };
        let weight = 1.0 - (-elapsed / self.model.ema_tau_secs).exp();
        self.ema += weight * (price - self.ema);
        self.last = Some((ts, price));
        let conf = self.model.base_conf_bps / 10_000.0 + self.model.conf_per_move * moved;
        Some(Quote {
            price_e8: signed(price)?,
            conf_e8: unsigned(price * conf)?,
            ema_e8: signed(self.ema)?,
            ema_conf_e8: unsigned(self.ema * conf)?,
        })
    }
}

fn signed(dollars: f64) -> Option<i64> {
    let scaled = (dollars * E8).round();
    // Whole doubles up to 2^53 are exact; prices that need more are not prices.
    (scaled >= 1.0 && scaled <= 2f64.powi(53)).then_some(scaled as i64)
}

fn unsigned(dollars: f64) -> Option<u64> {
    let scaled = (dollars * E8).ceil();
    (scaled >= 0.0 && scaled <= 2f64.powi(53)).then_some(scaled as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_prices_have_the_base_confidence() {
        let mut maker = QuoteMaker::new(OracleModel::default());
        let quote = maker.quote(0, 100.0).unwrap();
        let expected = Quote {
            price_e8: 10_000_000_000,
            conf_e8: 5_000_000,
            ema_e8: 10_000_000_000,
            ema_conf_e8: 5_000_000,
        };
        assert_eq!(quote, expected);
    }

    #[test]
    fn a_crash_widens_confidence_and_leaves_the_average_behind() {
        let mut maker = QuoteMaker::new(OracleModel::default());
        maker.quote(0, 100.0).unwrap();
        let quote = maker.quote(3_600, 80.0).unwrap();
        let ema = 80.0 + 20.0 * (-1f64).exp();
        assert!((quote.ema_e8 as f64 / 1e8 - ema).abs() < 1e-7);
        let conf = 80.0 * (0.0005 + 0.1 * (100f64 / 80.0).ln());
        assert!((quote.conf_e8 as f64 / 1e8 - conf).abs() < 1e-7);
    }

    #[test]
    fn what_does_not_fit_is_no_quote() {
        for price in [0.0, -1.0, f64::NAN, 1e20, 1e-10] {
            assert_eq!(QuoteMaker::new(OracleModel::default()).quote(0, price), None, "{price}");
        }
    }
}
