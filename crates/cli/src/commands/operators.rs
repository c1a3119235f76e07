//! `lifesign operators`.

use lifesign_server::service::admin;
use lifesign_store::Operator;
use serde_json::{Value, json};

use super::desk::{self, Desk, shown};
use crate::args::{OperatorsArgs, OperatorsVerb};
use crate::error::CliError;
use crate::output::{print_json, print_line, print_rows};
use lifesign_config::Config;

pub(crate) fn run(args: &OperatorsArgs, config: &Config) -> Result<(), CliError> {
    desk::at(config, async |desk| act(args, desk).await)
}

async fn act(args: &OperatorsArgs, desk: &Desk) -> Result<(), CliError> {
    let (store, json) = (desk.store.as_ref(), args.at.json);
    match &args.verb {
        OperatorsVerb::Create { name } => {
            let password = admin::create_operator(store, name, &desk.act).await?;
            tell_password(name, &password, json)
        }
        OperatorsVerb::Reset { name } => {
            let password = admin::reset_operator(store, name, &desk.act).await?;
            tell_password(name, &password, json)
        }
        OperatorsVerb::List => list(&store.operators().await?, json),
        OperatorsVerb::Disable { name } => {
            store.set_operator_enabled(name, false, &desk.act).await?;
            list(&store.operators().await?, json)
        }
        OperatorsVerb::Enable { name } => {
            store.set_operator_enabled(name, true, &desk.act).await?;
            list(&store.operators().await?, json)
        }
    }
}

fn tell_password(name: &str, password: &str, json: bool) -> Result<(), CliError> {
    if json {
        return print_json(&json!({"name": name, "password": password}));
    }
    print_line(&format!(
        "{name} logs in at /console with this password, which is not shown again:\n{password}"
    ))
}

fn list(operators: &[Operator], json: bool) -> Result<(), CliError> {
    if json {
        let object = |operator: &Operator| -> Value {
            json!({
                "id": operator.made.id, "name": operator.made.name,
                "created_at": operator.created_at, "disabled_at": operator.disabled_at,
            })
        };
        return print_json(&Vec::from_iter(operators.iter().map(object)));
    }
    let row = |operator: &Operator| {
        let state = if operator.disabled_at.is_some() {
            "disabled"
        } else {
            "open"
        };
        let since = shown(Some(operator.created_at));
        vec![operator.made.name.clone(), since, state.to_owned()]
    };
    print_rows(
        &["name", "since", "state"],
        operators.iter().map(row).collect(),
    )
}
