/** `portcall help environment`: what configuration/ reads, and what the terminal and Node do, for people. */
import type { Topic } from "../topic.ts";

export const environment: Topic = {
  name: "environment",
  brief: "variables and files that set options, and what else is read",
  text: `An option that is not on the command line may be set beforehand. Of two that set the same,
the later counts:
  1  portcall/config.json in $XDG_CONFIG_HOME, or else in ~/.config: your own file
  2  portcall.json in the current folder, or the nearest one above it: the project's
  3  PORTCALL_TIMEOUT: --timeout of every command that has one, and so for each option
  4  PORTCALL_SERVE_TIMEOUT: the same for serve alone

PORTCALL_CONFIG names a file to be read in place of both; empty, none is read. A variable
that is empty says nothing. What is set and does not fit a command line, as a --timeout with
serve -u, is left out of it. A file is JSON, an object for each command and one for all:
  { "all": { "verbose": true }, "serve": { "timeout": "5m" } }

An option with one value that is given twice has its last value; --allow and --deny add up.
Every source's deny counts, and only the latest source's allow. In a file, either may be a
JSON list.

A switch that is on by configuration is off again with --no- before its name, as in
--no-verbose. Only the command line can say --exec, --sh, --allow-remote, --allow-browsers,
--proxy and --raw.
A portcall.json is not read where another user can have written it: the file, its folder and
all folders above must belong to you or root, and nobody else may write to them. Nor is a
symbolic link followed. A line on stderr says so. \`portcall doctor\` says what is set, and by
whom.

COLUMNS is how wide help is printed, from 40 to 110. Without it the terminal is asked, and
in a pipe or a file help is always 100 wide. NO_COLOR, unless it is empty, means no colours,
and TERM=dumb no editing of lines either; FORCE_COLOR means colours, in a pipe too, and 0
none. --color goes before all of them.

PORTCALL_ENGINE counts for programs that use the library, too, where they name no engine.

Names are looked up in /etc/hosts and with the name servers of /etc/resolv.conf; what those
do not know is asked of the system, with all that it is set up to ask. Node itself reads
NODE_OPTIONS and a few more, as for every program that it runs.

With Node 22 and later, compiled code is kept in portcall, in $XDG_CACHE_HOME or else in
~/.cache, if that folder exists, is yours, and nobody else may write to it: then the command
starts faster. NODE_DISABLE_COMPILE_CACHE=1 turns that off.`,
};
