use super::*;

fn frame(text: &str) -> Frame {
    Frame::parse("standard input".into(), text).unwrap()
}

fn refused(text: &str) -> String {
    let read = |text: &str| -> Result<(), EngineCliError> {
        let frame = Frame::parse("standard input".into(), text)?;
        frame.names().iter().try_for_each(|name| frame.complete_column(name).map(drop))
    };
    read(text).unwrap_err().to_string()
}

#[test]
fn layouts_that_people_write() {
    let bare = frame("nan\n0.01\n\n-0.02\n\n");
    assert_eq!((bare.len(), bare.names(), bare.line(3)), (4, vec!["1".to_owned()], 4));
    assert!(bare.column("1").unwrap()[2].is_nan());
    let headed = frame("returns\n0.01\n0.02\n");
    assert_eq!((headed.names(), headed.line(0)), (vec!["returns".to_owned()], 2));
    let dated = frame("date,a,b\n2024-01-01,0.1,\n2024-01-02,0.2,NaN\n");
    assert_eq!((dated.names().len(), dated.times().unwrap()[0]), (2, 1_704_067_200));
    assert!(dated.column("b").unwrap().iter().all(|value| value.is_nan()));
    let pandas = frame(",r\n0,0.1\n1,0.2\n");
    assert_eq!((pandas.names(), pandas.times()), (vec!["r".to_owned()], None));
    let pandas = frame(",r\n2024-01-01 00:00:00,0.1\n2024-01-02 00:00:00,0.2\n");
    assert_eq!(pandas.times().unwrap().len(), 2);
    let bare = frame("2024-01-01,0.1\n2024-01-02,0.2\n");
    assert_eq!((bare.names(), bare.times().unwrap().len()), (vec!["2".to_owned()], 2));
    let matrix = frame("0.1;0.2\n0.3;0.4\n");
    assert_eq!((matrix.names().len(), matrix.times()), (2, None));
    assert_eq!(frame("\u{feff}a\n1\n").names(), ["a"]);
    assert_eq!(frame("a,b\n1,2\n").choose(None, &["b"]).unwrap(), "b");
}

#[test]
fn every_refusal_names_its_place() {
    for (text, expected) in [
        ("", "standard input: no data rows"),
        ("\n\n", "standard input: no data rows"),
        ("a\n", "standard input: no data rows"),
        ("a\n1\nx\n", "standard input, row 3, column `a`: \"x\" is not a number"),
        ("a\n1\n5%\n", "write 5% as 0.05"),
        ("a\n1\ninf\n", "row 3, column `a`: inf is not a finite number"),
        ("a\n1\n\n2\n", "row 3, column `a`: the cell is empty"),
        ("a\n1\nNaN\n", "row 3, column `a`: NaN is not a finite number"),
        ("ts,a\n1,1\n2,\n", "row 3, column `a`: the cell is empty"),
        ("a\n-inf\n", "row 2, column `a`: -inf is not a finite number"),
        ("a,a\n1,2\n", "column `a` appears twice"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("a,b\n1,2\n1\n", "standard input, row 3: 1 cell(s), where the first row has 2"),
        ("time,a\n2024-01-02,1\n2024-01-01,2\n", "row 3, column `time`: time goes backwards"),
        ("time,a\n2024-01-02,1\n2024-01-02,2\n", "row 3, column `time`: duplicate time"),
        ("time,a\n1700000000000,1\n", "reads like milliseconds"),
        ("ts,a\n1,1\n1,2\n", "row 3, column `ts`: duplicate time (1, after 1)"),
        ("ts,a\n2,1\n1,2\n", "row 3, column `ts`: time goes backwards (1, after 2)"),
        ("ts,a\n5,1\n1700000000,2\n", "row 2, column `ts`: 5 is not a unix time in seconds"),
        ("date\n2026-01-01\n", "no column of values; the header has: date"),
        ("time\n1\n", "no column of values; the header has: time"),
        ("time,a\nsoon,1\n", "row 2, column `time`: \"soon\" is not a UTC time"),
    ] {
        let found = refused(text);
        assert!(found.contains(expected), "{found:?} lacks {expected:?}");
    }
    // A line of blanks is no row, wherever it stands.
    assert_eq!(frame("a,b\n1,2\n  \n3,4\n\n \t\n").complete_column("b").unwrap(), [2.0, 4.0]);
    let two = frame("a,b\n1,2\n");
    assert!(
        two.choose(None, &[])
            .unwrap_err()
            .to_string()
            .contains("several columns: name one with --column; the header has: a, b")
    );
    assert!(
        two.choose(Some("c"), &[])
            .unwrap_err()
            .to_string()
            .contains("column `c` is missing; the header has: a, b")
    );
}

#[test]
fn times_are_dates_seconds_or_mere_numbers() {
    // Long before unix seconds are plausible: a date says itself what it is.
    let quarters = frame("date,g\n1951-04-01,2.6\n1951-07-01,2.2\n");
    assert_eq!(quarters.times().unwrap()[0], -591_840_000);
    // Periods are an order and no times.
    for numbers in ["day,r\n1,0.1\n2,0.2\n", "date,r\n20240101,0.1\n20240102,0.2\n"] {
        let found = frame(numbers);
        assert_eq!((found.names(), found.times()), (vec!["r".to_owned()], None));
        let error = found.required_times().unwrap_err().to_string();
        assert!(error.contains("row 2, column `da") && error.contains("is no time"), "{error}");
    }
    let missing = frame("a\n1\n").required_times().unwrap_err().to_string();
    assert_eq!(missing, "standard input: no time column: column `unix_time` is missing; the header has: a");
    // The canonical name wins, and what else says when is no value unless it is asked for.
    let both = frame("hour,unix_time,r\n7,1700000000,0.1\n8,1700003600,0.2\n");
    assert_eq!((both.names(), both.times().unwrap()[1]), (vec!["r".to_owned()], 1_700_003_600));
    assert_eq!(both.column("hour").unwrap(), [7.0, 8.0]);
    // Large whole numbers without a name are times only if they ascend.
    assert_eq!(frame("500000000,1\n400000000,2\n").times(), None);
    assert_eq!(frame("400000000,1\n500000000,2\n").times().unwrap().len(), 2);
}
