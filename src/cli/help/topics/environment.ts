/** `portcall help environment`: what config/ reads, and what the terminal and Node do, for users. */
import type { Topic } from "../topic.ts";

export const environment: Topic = {
  name: "environment",
  brief: "variables and files that set options, and other settings that apply",
  text: `You can set options beforehand, in files and variables. A later source overrides an earlier
one, and the command line overrides all of them:
  1  portcall/config.json in $XDG_CONFIG_HOME, or else in ~/.config: your own file
  2  portcall.json in the current folder, or the nearest one above it: the project's
  3  PORTCALL_TIMEOUT: --timeout of every command that has one; likewise for each option
  4  PORTCALL_SERVE_TIMEOUT: the same for serve alone

PORTCALL_CONFIG names one file to read in place of both. If it is empty, no file is read. Other
variables that are empty set nothing. A setting that does not fit the command line, such as
--timeout with serve -u, is ignored for that line. A file is JSON, with one object for each
command and one for all of them:
  { "all": { "verbose": true }, "serve": { "timeout": "5m" } }

If an option with a single value is given twice, the last one counts. --allow and --deny add up.
The deny lists of all sources apply, but only the allow list of the latest source. In a file, both
can be JSON lists.

To turn off a switch that a file or a variable sets, write --no- before its name, such as
--no-verbose. Only the command line can set --exec, --sh, --allow-remote, --allow-browsers,
--proxy and --raw.
A portcall.json is not read if another user can have written it. The file, its folder and all
folders above must belong to you or root, and no one else may write to them. Symbolic links are
not followed. A line on stderr reports a file that was not read. \`portcall doctor\` shows each
setting and where it comes from.

COLUMNS sets the width of help, from 40 to 110. Without it, help is as wide as the terminal,
and 100 wide in a pipe or a file. A NO_COLOR that is not empty turns colours off. TERM=dumb
turns off colours and line editing. FORCE_COLOR turns colours on, in a pipe too, and
FORCE_COLOR=0 turns them off. --color overrides all of them.

PORTCALL_ENGINE also applies to programs that use the library and choose no engine.

Names are looked up in /etc/hosts and with the name servers of /etc/resolv.conf. The system
looks up the rest, with all its other sources. Node itself reads NODE_OPTIONS and a few
more, as for every program that it runs.

Node 22 and later keep compiled code in the folder portcall, in $XDG_CACHE_HOME or else in
~/.cache, so that the command starts faster. That folder must exist and be yours, and no one else
may write to it. NODE_DISABLE_COMPILE_CACHE=1 turns this off.`,
};
