//! `lifesign config`: what is in force, and why.

use comfy_table::{Table, presets};

use crate::args::ConfigArgs;
use crate::error::CliError;
use crate::output::print_line;
use lifesign_config::Config;

/// Models have many values and are shown on as many lines.
fn shown(value: &serde_json::Value) -> String {
    if value.as_array().is_some_and(|models| !models.is_empty()) {
        format!("{value:#}")
    } else {
        value.to_string()
    }
}

/// Prints every key with its value and source.
pub(crate) fn run(args: &ConfigArgs, config: &Config) -> Result<(), CliError> {
    if args.json {
        let object: serde_json::Map<_, _> = config
            .entries
            .iter()
            .map(|entry| {
                let body = serde_json::json!({ "value": entry.value, "source": entry.source });
                (entry.key.to_owned(), body)
            })
            .collect();
        return print_line(&serde_json::Value::Object(object).to_string());
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["KEY", "VALUE", "SOURCE", "MEANING"]);
    for entry in &config.entries {
        table.add_row([
            entry.key,
            &shown(&entry.value),
            &entry.source,
            entry.meaning,
        ]);
    }
    print_line(&format!(
        "{table}\n\ncalibration {}",
        config.calibration.version
    ))
}
