use super::{ReplayReport, ReportError};
use crate::time::format_utc;

/// One line a step. A strategy's columns begin with its slot number, so that names may repeat.
pub fn write(report: &ReplayReport, out: impl std::io::Write) -> Result<(), ReportError> {
    let mut writer = csv::Writer::from_writer(out);
    let fixed = ["unix_time", "utc", "share_price", "total_assets_atoms", "idle_atoms"];
    let mut header: Vec<String> = fixed.iter().map(ToString::to_string).collect();
    for (slot, name) in report.meta.strategies.iter().enumerate() {
        header.extend(
            ["value_atoms", "weight", "net_apr", "utilisation"]
                .map(|figure| format!("{slot}_{name}_{figure}")),
        );
    }
    header.extend(["sol_usd", "stable_usd", "compute_units"].map(String::from));
    writer.write_record(&header)?;
    for row in &report.rows {
        let mut record = vec![
            row.ts.to_string(),
            format_utc(row.ts),
            row.share_price.to_string(),
            row.total_assets_atoms.to_string(),
            row.idle_atoms.to_string(),
        ];
        for slot in 0..report.meta.strategies.len() {
            let value = row.values_atoms.get(slot).copied().unwrap_or(0);
            record.push(value.to_string());
            record.push(format!("{:.6}", row.weight(value)));
            record.push(optional(row.net_aprs.get(slot).copied().flatten()));
            record.push(optional(row.utilisations.get(slot).copied().flatten()));
        }
        record.extend([optional(row.sol_usd), optional(row.stable_usd), row.compute_units.to_string()]);
        writer.write_record(&record)?;
    }
    writer.flush().map_err(|error| ReportError::Csv(error.into()))
}

/// An unknown figure is an empty cell, never a zero.
fn optional(figure: Option<f64>) -> String {
    figure.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::report::fixture;

    #[test]
    fn a_row_a_step_and_empty_cells_for_the_unknown() {
        let report = fixture::report(3);
        let mut text = Vec::new();
        report.write_csv(&mut text).unwrap();
        let mut reader = ::csv::Reader::from_reader(text.as_slice());
        let header = reader.headers().unwrap().clone();
        assert_eq!(header.len(), 5 + 4 * 4 + 3);
        assert_eq!(header.get(5), Some("0_kamino-usdc-main_value_atoms"));
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3);
        let sol = header.iter().position(|name| name == "sol_usd").unwrap();
        assert_eq!((rows[0].get(sol), rows[1].get(sol)), (Some("35.5"), Some("")));
        assert_eq!(rows[0].get(1), Some("2022-11-05T00:00Z"));
        assert_eq!(rows[0].get(6), Some("0.200000"));
    }

    #[test]
    fn json_holds_everything() {
        let mut text = Vec::new();
        fixture::report(3).write_json(&mut text).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["rows"].as_array().unwrap().len(), 3);
        assert_eq!(json["rows"][1]["sol_usd"], serde_json::Value::Null);
        assert_eq!(json["meta"]["provenance"]["source"]["seed"], 7);
        assert_eq!(json["summary"]["decisions"]["accepted"], 1);
        assert!(json["summary"]["returns"]["drawdown"]["depth"].is_number());
    }
}
