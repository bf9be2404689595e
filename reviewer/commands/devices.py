"""What computes here: processor, accelerators and servers, what is placed on each, and how fast it is.

list          every device, its runtime and memory, what it does, and why it does nothing (what 'hunkgate devices' does by itself)
setup ncs2    build the environment that an Intel Neural Compute Stick 2 needs
"""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from pathlib import Path

from reviewer.errors import ExitCode
from reviewer.report._streams import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--measure", action="store_true", help="measure each device in each role that it can have, and keep the figures"
    )
    actions = parser.add_subparsers(dest="action", metavar="{list,setup}")
    actions.add_parser("list", help="every device")
    setting = actions.add_parser("setup", help="what a device needs besides its driver")
    setting.add_argument("device", choices=("ncs2",))
    setting.add_argument("--python", default="", metavar="FILE", help="a Python 3.6 to 3.9 to build the environment of")


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        ConfigError: the configuration or the catalogue is malformed.
        BackendError, StorageError: the environment could not be made; the figures could not be stored.
    """
    return _set_up(args.python) if args.action == "setup" else _show(args.format, measure=args.measure)


def _show(form: str, *, measure: bool) -> int:
    from reviewer.commands import _devices_places, _devices_table

    here = _devices_places.survey()
    if measure:
        from reviewer.commands import _devices_measure
        from reviewer.commands._models_progress import shown

        with ExitStack() as stack:
            here = _devices_measure.measure(here, shown(stack))
    document = _devices_table.document(here)
    say(json.dumps(document, indent=2, allow_nan=False) + "\n" if form == "json" else _devices_table.text(document))
    return ExitCode.OK


def _set_up(named: str) -> int:
    from reviewer.commands._devices_places import ncs2_folder
    from reviewer.commands._models_progress import shown
    from reviewer.devices import _ncs2_environment, ncs2

    folder = ncs2_folder()
    interpreter = _ncs2_environment.find_python(Path.home(), named)
    with ExitStack() as stack:
        shown(stack).begin(f"installing {_ncs2_environment.REQUIREMENT} for {interpreter} into {folder}")
        _ncs2_environment.build(folder, interpreter)
    said = ncs2.hello(ncs2.command(folder))
    say(f"the stick's environment is ready: Python {said['python']}, OpenVINO {said['openvino']}\n")
    if not said["libusb"]:
        say("libusb is missing: install it, such as with 'apt-get install libusb-1.0-0'\n")
    elif not any(name.startswith("MYRIAD") for name in said["devices"]):
        say("no stick can be opened; see docs/ncs2.md for the udev rule\n")
    return ExitCode.OK
