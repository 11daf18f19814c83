/**
 * What somebody in a chat room can ask for, beside being heard.
 */
import { nameProblem } from "./reception.ts";
import type { Member, Room } from "./room.ts";

const help = "* /who: who is here · /nick <name>: be called so · /quit: leave · everything else is said";

/** Whether a line is for the room and not for the people in it. */
export function isCommand(line: string): boolean {
  return line.startsWith("/");
}

/** Does what a member asks for; `leave` if that was to go. */
export function obey(line: string, member: Member, room: Room): "leave" | undefined {
  const [, command = "", name = ""] = /^\/(\S*) ?(.*)$/.exec(line) ?? [];
  switch (command.toLowerCase()) {
    case "who":
      room.tell(member, `* Here are ${room.names.join(", ")}`);
      break;
    case "nick": {
      const isOwn = name.toLowerCase() === member.name.toLowerCase();
      const wrong = isOwn ? undefined : nameProblem(name, room);
      if (wrong === undefined) room.rename(member, name);
      else room.tell(member, `* ${wrong}`);
      break;
    }
    case "quit":
      room.tell(member, "* Goodbye.");
      return "leave";
    case "help":
      room.tell(member, help);
      break;
    default:
      room.tell(member, `* There is no /${command}; /help tells what there is`);
  }
  return undefined;
}
