/** The commands of a chat room. */
import { nameProblem } from "./reception.ts";
import type { Member, Room } from "./room.ts";

const help =
  "* /who: list members · /nick <name>: change your name · /quit: leave · other lines go to everyone";

export function isCommand(line: string): boolean {
  return line.startsWith("/");
}

/** Runs a command; returns `leave` if the member wants to leave. */
export function runCommand(line: string, member: Member, room: Room): "leave" | undefined {
  const [, command = "", name = ""] = /^\/(\S*) ?(.*)$/.exec(line) ?? [];
  switch (command.toLowerCase()) {
    case "who":
      room.sendTo(member, `* Here: ${room.names.join(", ")}`);
      break;
    case "nick": {
      const isOwn = name.toLowerCase() === member.name.toLowerCase();
      const problem = isOwn ? undefined : nameProblem(name, room);
      if (problem === undefined) room.rename(member, name);
      else room.sendTo(member, `* ${problem}`);
      break;
    }
    case "quit":
      room.sendTo(member, "* Goodbye.");
      return "leave";
    case "help":
      room.sendTo(member, help);
      break;
    default:
      room.sendTo(member, `* There is no command /${command}; /help lists the commands`);
  }
  return undefined;
}
