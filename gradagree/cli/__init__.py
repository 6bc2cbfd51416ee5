"""The command line: one module for each subcommand, with `add_parser(subparsers)`, which sets its `func`."""
