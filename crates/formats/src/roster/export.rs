//! Issues as a CSV file, for the registrar's spreadsheet.

use schoolbell_domain::roster::issue::Issue;

/// All issues, a line each, with a head. What a spreadsheet would run stands behind an apostrophe.
pub fn issue_csv(issues: &[Issue]) -> String {
    let mut out = String::from("severity,kind,file,line,field,value,message\r\n");
    for issue in issues {
        let line = if issue.line == 0 { String::new() } else { issue.line.to_string() };
        let fields =
            [issue.severity.word(), issue.kind.word(), &issue.file, &line, &issue.field, &issue.value, &issue.message];
        let fields: Vec<String> = fields.into_iter().map(cell).collect();
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    }
    out
}

fn cell(text: &str) -> String {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if runs { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::roster::issue::{IssueKind, Severity};

    use super::*;

    #[test]
    fn a_value_that_a_spreadsheet_would_run_is_made_plain() {
        let issue = Issue {
            severity: Severity::Warning,
            kind: IssueKind::Formula,
            file: "users.csv".to_owned(),
            line: 7,
            field: "givenName".to_owned(),
            value: "=HYPERLINK(\"x\",\"y\")".to_owned(),
            message: "taken as text".to_owned(),
        };
        let csv = issue_csv(&[issue]);
        let line = csv.lines().nth(1).unwrap_or_default();
        assert_eq!(line, "warning,formula,users.csv,7,givenName,\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",taken as text");
    }
}
