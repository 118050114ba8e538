/** Everything on the wire. Generated from `docs/protocol.schema.json` by `npm run types`: change that. */

/**
 * Everything on the wire of Switchboard's stream protocol; docs/protocol.md tells how it plays together. Clients ignore types and fields that they do not know; the server refuses fields that it does not.
 */
export type Wire = Frame | Command | Reply | Body | Answer;
/**
 * What a stream carries: the `data` of an event, or a WebSocket frame without `id`.
 */
export type Frame = Control | Entry | Ephemeral;
/**
 * Frames that are not about the conversation, but about the stream.
 */
export type Control = Connected | Snapshot | Ping | Status | Disconnect;
/**
 * Names one life of a log: it changes when the log's data was lost or restored.
 */
export type Epoch = string;
/**
 * A place in a log: dense, from 1.
 */
export type Offset = number;
export type Role = "customer" | "bot" | "operator" | "observer";
/**
 * Milliseconds since 1970.
 */
export type Timestamp = number;
export type TaskFailure = "unavailable" | "timeout" | "refused" | "error" | "uncertain" | "cancelled";
/**
 * Something that happened, at its place on the log.
 */
export type Entry =
  | ConversationStarted
  | ConversationRenamed
  | ConversationClosed
  | ParticipantJoined
  | ParticipantIdentified
  | ParticipantLeft
  | ParticipantMuted
  | MessageSent
  | MessageStarted
  | MessageDelta
  | MessageCompleted
  | MessageRead
  | TurnStarted
  | TurnStopping
  | TurnCompleted
  | TurnFailed
  | TaskStarted
  | TaskCancelling
  | TaskProgressed
  | TaskCompleted
  | TaskFailed
  | SlotsChanged
  | OwnerChanged
  | HandoffRequested
  | HandoffAssigned
  | HandoffRequeued
  | HandoffEnded
  | HandoffRated
  | NoteAdded;
/**
 * Told to whoever is connected, and never replayed.
 */
export type Ephemeral = ParticipantTyping | ParticipantPresent | HandoffQueued;
/**
 * What a client sends on a WebSocket, `connect` first and once.
 */
export type Command = ConnectCommand | SendCommand | TypingCommand | ReadCommand | StopCommand;
/**
 * Chosen by the client; its reply carries it.
 */
export type CommandId = number | string;
/**
 * Body of `POST /conversations/{id}/messages`, and of the command `send`.
 */
export type Send = SendText | SendPayload;
/**
 * Chosen by the client; sending it again does not send twice.
 */
export type ClientMessageId = string;
/**
 * 1 to 4,000 characters, not all of them blank.
 */
export type Text = string;
/**
 * Of a message of this conversation.
 */
export type MessageId = string;
/**
 * Names a turn of one conversation.
 */
export type TurnId = string;
/**
 * What answers a command.
 */
export type Reply = ResultReply | ErrorReply;
/**
 * What HTTP calls carry.
 */
export type Body =
  | NewSession
  | EndSession
  | Nothing
  | Rename
  | ProfileChange
  | Send
  | Typing
  | Read
  | Stop
  | NewParticipant
  | NewInvitation
  | Acceptance
  | Removal
  | Muting
  | PersonWanted
  | Rating
  | Claim
  | Release
  | Transfer
  | Resolve
  | Presence
  | NewNote;
/**
 * Of a person.
 */
export type ParticipantId = string;
/**
 * What HTTP calls answer.
 */
export type Answer =
  | Session
  | Opened
  | Snapshot
  | Me
  | ConversationPage
  | TaskRecord
  | TaskPage
  | Receipt
  | HasRead
  | Stopping
  | Ticket
  | Invitation
  | Joinable
  | HandoffAsked
  | Claimed
  | Ownership
  | Desk
  | NoteReceipt
  | Notes
  | Why
  | Figures
  | Health
  | Problem;

/**
 * The first frame of every stream.
 */
export interface Connected {
  type: "connected";
  epoch: Epoch;
  offset: Offset;
  /**
   * Every entry after the position that was sent follows. If false, a snapshot does: throw away what you have.
   */
  recovered: boolean;
  /**
   * Milliseconds; a stream that is silent for twice as long is dead.
   */
  pingInterval: number;
  /**
   * Milliseconds to wait before the first reconnect.
   */
  retry: number;
  /**
   * Participants that have the conversation open. Absent: as before.
   */
  present?: string[];
}
/**
 * The whole conversation; also the answer to `GET /conversations/{id}`.
 */
export interface Snapshot {
  type: "snapshot";
  epoch: Epoch;
  offset: Offset;
  conversationId: string;
  participants: Participant[];
  /**
   * Who may invite, mute and remove customers.
   */
  host: string | null;
  /**
   * Participants who may only read.
   */
  muted: string[];
  /**
   * `bot:<id>`, `queue:<team>` or `operator:<participant>`.
   */
  owner: string;
  /**
   * Of the ownership; the next owner has the next one.
   */
  term: number;
  /**
   * The one under way.
   */
  handoff: Handoff | null;
  title: string | null;
  /**
   * It takes no more messages of people.
   */
  closed: boolean;
  messages: Message[];
  tasks: Task[];
  /**
   * The turn that is under way.
   */
  turn: string | null;
  slots: {};
  /**
   * How far each participant has read.
   */
  read: {
    [k: string]: Offset;
  };
}
/**
 * Somebody in a conversation; `id` is unique in the installation.
 */
export interface Participant {
  id: string;
  role: Role;
  name: string;
}
/**
 * A conversation that waits for a person (`pending`), or that `participantId` has. `since`: when it began to wait.
 */
export interface Handoff {
  handoffId: string;
  status: "pending" | "assigned";
  /**
   * A code, such as `asked`, `stepped_in`, or one of the bot's rules.
   */
  reason: string;
  team: string;
  since: Timestamp;
  participantId?: string;
}
/**
 * A message as a snapshot shows it.
 */
export interface Message {
  messageId: string;
  author: Participant;
  text: string;
  buttons: Button[];
  status: "sent" | "streaming" | "completed" | "interrupted";
  timestamp: Timestamp;
  /**
   * A place in a log: dense, from 1.
   */
  offset: number;
  payload?: string;
  clientMessageId?: string;
  turnId?: string;
  image?: string;
  custom?: {};
  stopped?: boolean;
  replyTo?: string;
}
/**
 * A reply that is offered; a click sends `payload` back.
 */
export interface Button {
  title: string;
  payload: string;
}
/**
 * A task as a snapshot shows it.
 */
export interface Task {
  taskId: string;
  name: string;
  title: string;
  status: "running" | "completed" | "failed";
  timestamp: Timestamp;
  done?: number;
  total?: number;
  note?: string;
  reason?: TaskFailure;
  turnId?: string;
  effects?: boolean;
}
/**
 * Comes every `pingInterval`, with where the log was one ping ago. If it is ahead of you, you have missed something: reconnect.
 */
export interface Ping {
  type: "ping";
  epoch: Epoch;
  offset: Offset;
}
/**
 * `live: false`: what you see may be late. `true`: everything has arrived.
 */
export interface Status {
  type: "status";
  live: boolean;
}
/**
 * The last frame before the server closes. Without `reconnect` do not come back by yourself.
 */
export interface Disconnect {
  type: "disconnect";
  code: number;
  reason: string;
  reconnect: boolean;
}
/**
 * The first entry of every log.
 */
export interface ConversationStarted {
  type: "conversation.started";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  conversationId: string;
  owner: string;
}
/**
 * Somebody has given it a title.
 */
export interface ConversationRenamed {
  type: "conversation.renamed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  title: string;
  participantId: string;
}
/**
 * Somebody has ended it: it takes no more messages of people. A turn under way still comes to its end.
 */
export interface ConversationClosed {
  type: "conversation.closed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  participantId: string;
}
/**
 * Somebody may read and write from here on.
 */
export interface ParticipantJoined {
  type: "participant.joined";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  participant: Participant;
}
/**
 * Who was the guest `formerly` has signed in: whatever that guest said and read is this participant's.
 */
export interface ParticipantIdentified {
  type: "participant.identified";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  formerly: string;
  participant: Participant;
}
/**
 * Somebody takes no part any more; `by`: who has removed them. `host`: the next one, if it was the host.
 */
export interface ParticipantLeft {
  type: "participant.left";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  participantId: string;
  by?: string;
  host?: string;
}
/**
 * Somebody may only read, or may write again.
 */
export interface ParticipantMuted {
  type: "participant.muted";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  participantId: string;
  muted: boolean;
}
/**
 * A whole message, of anybody. `payload` is what a clicked button carried; `text` is then its title.
 */
export interface MessageSent {
  type: "message.sent";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  messageId: string;
  author: Participant;
  text: string;
  buttons: Button[];
  payload?: string;
  clientMessageId?: string;
  turnId?: string;
  image?: string;
  custom?: {};
  metadata?: {};
  /**
   * That the author wants to be answered in, a BCP 47 tag.
   */
  language?: string;
  /**
   * The id of an earlier message.
   */
  replyTo?: string;
}
/**
 * A streamed message begins.
 */
export interface MessageStarted {
  type: "message.started";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  messageId: string;
  author: Participant;
  turnId: string;
}
/**
 * More of a streamed message: `delta` is appended to its text.
 */
export interface MessageDelta {
  type: "message.delta";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  messageId: string;
  delta: string;
  /**
   * A place in a log: dense, from 1.
   */
  first?: number;
}
/**
 * The whole text of a streamed message; it replaces what was streamed.
 */
export interface MessageCompleted {
  type: "message.completed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  messageId: string;
  author: Participant;
  text: string;
  turnId: string;
  buttons: Button[];
  /**
   * Somebody stopped it: the text is what there was so far.
   */
  stopped?: boolean;
}
/**
 * Somebody has seen everything up to and including `upTo`.
 */
export interface MessageRead {
  type: "message.read";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  participantId: string;
  upTo: Offset;
}
/**
 * The bot begins to answer the message `messageId`.
 */
export interface TurnStarted {
  type: "turn.started";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  turnId: string;
  messageId: string;
}
/**
 * Somebody asked the turn to stop; it ends within seconds, with what it has.
 */
export interface TurnStopping {
  type: "turn.stopping";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  turnId: string;
  participantId: string;
}
/**
 * The bot has answered, or was stopped.
 */
export interface TurnCompleted {
  type: "turn.completed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  turnId: string;
  stopped?: boolean;
}
/**
 * The bot could not answer; an apology stands before this entry.
 */
export interface TurnFailed {
  type: "turn.failed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  turnId: string;
  reason: string;
}
/**
 * Work began; `title` is for people.
 */
export interface TaskStarted {
  type: "task.started";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  taskId: string;
  name: string;
  title: string;
  turnId?: string;
  effects?: boolean;
}
/**
 * Somebody asked the task to end; without effects it does so at once, else it comes to its end.
 */
export interface TaskCancelling {
  type: "task.cancelling";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  taskId: string;
  participantId: string;
}
/**
 * `done` of `total` steps are behind; `note` says what comes next.
 */
export interface TaskProgressed {
  type: "task.progressed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  taskId: string;
  done: number;
  total: number;
  note: string;
}
/**
 * The work is done, and had its effect if it has one.
 */
export interface TaskCompleted {
  type: "task.completed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  taskId: string;
}
/**
 * The work was not done; nothing may be said to have happened.
 */
export interface TaskFailed {
  type: "task.failed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  taskId: string;
  reason: TaskFailure;
}
/**
 * Slots that the bot shares, with their new values; null is a slot without a value.
 */
export interface SlotsChanged {
  type: "slots.changed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  slots: {};
  turnId: string;
}
/**
 * Who answers from here on: `bot:<id>`, `queue:<id>` or `operator:<id>`, under the new `term`.
 */
export interface OwnerChanged {
  type: "owner.changed";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  owner: string;
  term: number;
}
/**
 * A person is to go on. `by`: who wants it, if it is not the bot.
 */
export interface HandoffRequested {
  type: "handoff.requested";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  handoffId: string;
  reason: string;
  team: string;
  by?: string;
}
/**
 * This operator goes on.
 */
export interface HandoffAssigned {
  type: "handoff.assigned";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  handoffId: string;
  participantId: string;
}
/**
 * The operator does not go on; it waits for another one, where it has waited before.
 */
export interface HandoffRequeued {
  type: "handoff.requeued";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  handoffId: string;
  reason: "released" | "transferred" | "operator_gone";
  team: string;
}
/**
 * The bot goes on, and answers this. `participantId`: who has ended it, if anybody. `disposition`: what came of it.
 */
export interface HandoffEnded {
  type: "handoff.ended";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  handoffId: string;
  outcome: "resolved" | "returned" | "expired" | "cancelled" | "rejected" | "failed";
  participantId?: string;
  disposition?: string;
}
/**
 * How somebody liked what people did, from 1 to 5, the best.
 */
export interface HandoffRated {
  type: "handoff.rated";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  handoffId: string;
  participantId: string;
  rating: number;
  comment?: string;
}
/**
 * On the operators' own log of a conversation only, see `GET …/backstage`.
 */
export interface NoteAdded {
  type: "note.added";
  epoch: Epoch;
  offset: Offset;
  timestamp: Timestamp;
  noteId: string;
  author: Participant;
  text: string;
  clientNoteId?: string;
}
/**
 * Somebody writes, or has stopped. Said again while it goes on; forget it after 6 s.
 */
export interface ParticipantTyping {
  type: "participant.typing";
  timestamp: Timestamp;
  participantId: string;
  typing: boolean;
}
/**
 * Somebody has the conversation open somewhere, or no longer has.
 */
export interface ParticipantPresent {
  type: "participant.present";
  timestamp: Timestamp;
  participantId: string;
  present: boolean;
}
/**
 * Where the conversation stands among the `waiting` of its team, 1 is next; with how long the last ones have waited, once there were enough: the middle, and the span of half of them.
 */
export interface HandoffQueued {
  type: "handoff.queued";
  timestamp: Timestamp;
  position: number;
  waiting: number;
  estimateSeconds?: number;
  spreadSeconds?: number;
}
/**
 * `connect` on a WebSocket.
 */
export interface ConnectCommand {
  id: CommandId;
  connect: Connect;
}
/**
 * Body of the first command on a WebSocket. A position that is malformed is none.
 */
export interface Connect {
  token: string;
  epoch?: string | null;
  offset?: number | null;
}
/**
 * `send` on a WebSocket.
 */
export interface SendCommand {
  id: CommandId;
  send: Send;
}
/**
 * A message in words.
 */
export interface SendText {
  clientMessageId: ClientMessageId;
  text: Text;
  payload?: null;
  metadata?: Metadata | null;
  replyTo?: MessageId | null;
}
/**
 * Flat; at most 4 KiB of JSON.
 */
export interface Metadata {
  [k: string]: string | number | boolean | null;
}
/**
 * A button's payload; one that was not offered counts as text.
 */
export interface SendPayload {
  clientMessageId: ClientMessageId;
  payload: Text;
  text?: null;
  metadata?: Metadata | null;
  replyTo?: MessageId | null;
}
/**
 * `typing` on a WebSocket.
 */
export interface TypingCommand {
  id: CommandId;
  typing: Typing;
}
/**
 * Body of `POST /conversations/{id}/typing`, and of the command `typing`.
 */
export interface Typing {
  typing: boolean;
}
/**
 * `read` on a WebSocket.
 */
export interface ReadCommand {
  id: CommandId;
  read: Read;
}
/**
 * Body of `POST /conversations/{id}/read`, and of the command `read`: everything up to this offset was seen.
 */
export interface Read {
  upTo: number;
}
/**
 * `stop` on a WebSocket.
 */
export interface StopCommand {
  id: CommandId;
  stop: Stop;
}
/**
 * Body of `POST /conversations/{id}/stop`, and of the command `stop`: this turn, or whichever is under way.
 */
export interface Stop {
  turnId?: TurnId | null;
}
/**
 * A command that was carried out.
 */
export interface ResultReply {
  id: CommandId;
  result: Receipt | HasRead | Stopping | Joined | Told;
}
/**
 * Answer to a message: it is on the log. `duplicate`: it was there before.
 */
export interface Receipt {
  messageId: string;
  epoch: Epoch;
  offset: Offset;
  duplicate: boolean;
}
/**
 * Answer to `read`.
 */
export interface HasRead {
  upTo: Offset;
}
/**
 * Answer to `stop`: the turn that will end, or null.
 */
export interface Stopping {
  turnId: TurnId | null;
}
/**
 * Answer to `connect`: who the token says that you are.
 */
export interface Joined {
  participant: string;
}
/**
 * Answer to `typing` on a WebSocket; `POST` answers 204.
 */
export interface Told {}
/**
 * A command that was not. `id` is null if it had none.
 */
export interface ErrorReply {
  id: number | string | null;
  error: CommandError;
}
/**
 * `code` is for programs, `message` for people. `temporary`: the same may succeed later.
 */
export interface CommandError {
  code: string;
  message: string;
  temporary: boolean;
}
/**
 * Body of `POST /sessions`. `identity`: a JWT by which the host's back end signs somebody in.
 */
export interface NewSession {
  name?: string;
  identity?: string | null;
  /**
   * Of the last session; good once.
   */
  refreshToken?: string | null;
  /**
   * Of the guest who calls, and signs in.
   *
   * @maxItems 20
   */
  conversations?:
    | []
    | [string]
    | [string, string]
    | [string, string, string]
    | [string, string, string, string]
    | [string, string, string, string, string]
    | [string, string, string, string, string, string]
    | [string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string, string, string, string]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ];
}
/**
 * Body of `POST /sessions/end`. `everywhere`: every sign-in of this person, on every device.
 */
export interface EndSession {
  everywhere?: boolean;
}
/**
 * Body of `POST /conversations`, `POST /conversations/{id}/close` and `POST /tickets`.
 */
export interface Nothing {}
/**
 * Body of `POST /conversations/{id}/title`: a line, 1 to 100 characters, not all of them blank.
 */
export interface Rename {
  title: string;
}
/**
 * Body of `POST /me`. What is missing stays; `null` takes back the language, or a preference.
 */
export interface ProfileChange {
  name?: string;
  language?: string | null;
  preferences?: Metadata;
}
/**
 * Body of `POST /conversations/{id}/participants`.
 */
export interface NewParticipant {
  participantId: ParticipantId;
  name: string;
  role: "customer" | "operator";
}
/**
 * Body of `POST /conversations/{id}/invitations`: for how long, and for how many people.
 */
export interface NewInvitation {
  /**
   * Milliseconds; a week.
   */
  expiresIn?: number;
  /**
   * One.
   */
  uses?: number;
}
/**
 * Body of `POST /invitations/accept`.
 */
export interface Acceptance {
  invitation: string;
}
/**
 * Body of `POST /conversations/{id}/remove`.
 */
export interface Removal {
  participantId: ParticipantId;
}
/**
 * Body of `POST /conversations/{id}/mute`.
 */
export interface Muting {
  participantId: ParticipantId;
  muted: boolean;
}
/**
 * Body of `POST …/handoff`.
 */
export interface PersonWanted {
  reason?: "asked";
  team?: string;
}
/**
 * Body of `POST …/rating`.
 */
export interface Rating {
  handoffId: string;
  rating: number;
  comment?: string;
}
/**
 * Body of `POST …/claim`. `term`: of the ownership that was seen.
 */
export interface Claim {
  term?: number;
}
/**
 * Body of `POST …/release`.
 */
export interface Release {
  to: "bot" | "queue";
  team?: string;
}
/**
 * Body of `POST …/transfer`.
 */
export interface Transfer {
  participantId: string;
}
/**
 * Body of `POST …/resolve`. What came of it, in a word.
 */
export interface Resolve {
  disposition: string;
}
/**
 * Body of `POST /desk/presence`. No team is all of them.
 */
export interface Presence {
  status: "online" | "busy" | "away" | "offline";
  /**
   * @maxItems 20
   */
  teams?:
    | []
    | [string]
    | [string, string]
    | [string, string, string]
    | [string, string, string, string]
    | [string, string, string, string, string]
    | [string, string, string, string, string, string]
    | [string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string, string, string, string, string]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ]
    | [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string
      ];
  capacity?: number;
}
/**
 * Body of `POST …/notes`.
 */
export interface NewNote {
  clientNoteId: string;
  text: string;
}
/**
 * Answer to `POST /sessions`.
 */
export interface Session {
  token: string;
  expiresAt: Timestamp;
  participant: Participant;
  /**
   * Of a guest: for the next session, once.
   */
  refreshToken?: string;
  /**
   * What a guest has taken along.
   */
  conversations?: string[];
}
/**
 * Answer to `POST /conversations`.
 */
export interface Opened {
  conversationId: string;
  epoch: Epoch;
  offset: Offset;
}
/**
 * Answer to `GET /me` and `POST /me`.
 */
export interface Me {
  id: string;
  role: "customer" | "operator" | "supervisor" | "service";
  name: string;
  language: string | null;
  preferences: {};
}
/**
 * Answer to `GET /conversations`. `before` is for the next page, or null.
 */
export interface ConversationPage {
  conversations: ConversationItem[];
  before: string | null;
}
/**
 * A conversation in a list. Times are milliseconds since 1970.
 */
export interface ConversationItem {
  conversationId: string;
  title?: string;
  owner?: string;
  openedAt: Timestamp;
  activeAt: Timestamp;
  preview: string;
  unread?: number;
  closedAt?: Timestamp;
  participants: Participant[];
}
/**
 * Answer to `GET /tasks/{id}`. `result`: what a task with effects returned. Times are milliseconds since 1970.
 */
export interface TaskRecord {
  taskId: string;
  conversationId: string;
  turnId?: TurnId;
  name: string;
  status: "running" | "completed" | "failed";
  reason?: TaskFailure;
  result?: unknown;
  startedAt: Timestamp;
  endedAt?: Timestamp;
}
/**
 * Answer to `GET /tasks`. `before` is for the next page, or null.
 */
export interface TaskPage {
  tasks: TaskRecord[];
  before: string | null;
}
/**
 * Answer to `POST /tickets`: good once, for `expiresIn` milliseconds.
 */
export interface Ticket {
  ticket: string;
  expiresIn: number;
}
/**
 * Answer to `POST /conversations/{id}/invitations`.
 */
export interface Invitation {
  invitation: string;
  expiresAt: Timestamp;
}
/**
 * Answer to `POST /invitations/accept`, and to `POST /conversations/{id}/participants`.
 */
export interface Joinable {
  conversationId: string;
}
/**
 * Answer to `POST …/handoff`. Without anybody `available` it waits all the same.
 */
export interface HandoffAsked {
  handoffId: string;
  owner: string;
  term: number;
  available: boolean;
}
/**
 * Answer to `claim` and `transfer`.
 */
export interface Claimed {
  handoffId: string;
  owner: string;
  term: number;
}
/**
 * Who has a conversation now.
 */
export interface Ownership {
  owner: string;
  term: number;
}
/**
 * Answer to `GET /desk`, and, with a `type` of `desk`, each frame of its stream.
 */
export interface Desk {
  operators: DeskOperator[];
  conversations: DeskConversation[];
}
/**
 * Somebody who was there lately. `holds`: how many conversations they have.
 */
export interface DeskOperator {
  participantId: string;
  name: string;
  status: "online" | "busy" | "away" | "offline";
  teams: string[];
  capacity: number;
  holds: number;
}
/**
 * A conversation that people have (`participantId` does), or are to have (then with its `position`).
 */
export interface DeskConversation {
  conversationId: string;
  handoffId: string;
  status: "pending" | "assigned";
  reason: string;
  team: string;
  since: Timestamp;
  participantId?: string;
  priority: number;
  term: number;
  owner: string;
  position?: number;
  /**
   * What the bot hands over.
   */
  context: {};
  customers: Somebody[];
}
/**
 * A person by name.
 */
export interface Somebody {
  id: string;
  name: string;
}
/**
 * Answer to `POST …/notes`.
 */
export interface NoteReceipt {
  noteId: string;
  epoch: Epoch;
  offset: Offset;
  duplicate: boolean;
}
/**
 * Answer to `GET …/notes`.
 */
export interface Notes {
  notes: NoteAdded[];
  position: string;
}
/**
 * Answer to `GET …/why`.
 */
export interface Why {
  turns: WhyTurn[];
  slots: {};
  form: string | null;
  askedFor: string | null;
}
/**
 * A message, and what the bot made of it; nothing, where it was not `heard`.
 */
export interface WhyTurn {
  messageId: string | null;
  author: string | null;
  text: string;
  heard: boolean;
  intents: Likely[];
  entities: {}[];
  steps: WhyStep[];
  said: string[];
}
/**
 * An intent, and how sure the bot was of it.
 */
export interface Likely {
  name: string;
  confidence?: number | null;
}
/**
 * An action with the policy that chose it, a slot with its new value, or the form that is active from here on.
 */
export interface WhyStep {
  action?: string;
  policy?: string;
  confidence?: number | null;
  slot?: string;
  value?: unknown;
  form?: string | null;
}
/**
 * Answer to `GET /desk/figures`.
 */
export interface Figures {
  since: Timestamp;
  handoffs: number;
  open: number;
  byReason: {
    [k: string]: number;
  };
  byOutcome: {
    [k: string]: number;
  };
  byDisposition: {
    [k: string]: number;
  };
  ratings: {
    count: number;
    mean: number;
  } | null;
  wait: Times | null;
  firstAnswer: Times | null;
}
/**
 * Of so many, in seconds.
 */
export interface Times {
  count: number;
  median: number;
  p90: number;
}
/**
 * Answer to `GET /health`.
 */
export interface Health {
  status: "ready" | "starting" | "failed";
  model: string | null;
}
/**
 * Every error over HTTP (RFC 9457). Programs switch on `code`, people read `detail`.
 */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  code: string;
  detail: string;
}
