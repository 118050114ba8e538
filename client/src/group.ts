/** Who else takes part in the conversation: asked in, muted, sent away. "Groups" in `docs/protocol.md` says who may. */

import { isGone } from "./errors.ts";
import type { Where } from "./transport.ts";
import type { Invitation, Muting, NewInvitation, Nothing, Removal } from "./types.ts";

/** Each call with its body and its answer; the names are the paths. */
export interface GroupCalls {
  invitations: { body: NewInvitation; answer: Invitation };
  "invitations/revoke": { body: Nothing; answer: Nothing };
  mute: { body: Muting; answer: Nothing };
  remove: { body: Removal; answer: Nothing };
  leave: { body: Nothing; answer: Nothing };
}

export interface GroupDeps {
  /** The conversation, which is begun if there is none, and a token. */
  where(): Promise<Where>;
  call<Name extends keyof GroupCalls>(
    where: Where,
    name: Name,
    body: GroupCalls[Name]["body"],
  ): Promise<GroupCalls[Name]["answer"]>;
  /** The person takes no part in that conversation any more. */
  left(conversationId: string): void;
}

/** Every method raises `ApiError` for the server's refusal, and what `fetch` raises when there is no answer. */
export class Group {
  readonly #deps: GroupDeps;

  constructor(deps: GroupDeps) {
    this.#deps = deps;
  }

  /** For a week and one person, unless said otherwise. */
  async invite(wanted: NewInvitation = {}): Promise<Invitation> {
    return this.#deps.call(await this.#deps.where(), "invitations", wanted);
  }

  /** No invitation that there is lets anybody in any more. */
  async revokeInvitations(): Promise<void> {
    await this.#deps.call(await this.#deps.where(), "invitations/revoke", {});
  }

  /** They may only read, until `muted` is false again. */
  async mute(participantId: string, muted = true): Promise<void> {
    await this.#deps.call(await this.#deps.where(), "mute", { participantId, muted });
  }

  /** They take no part any more; every invitation is revoked too. */
  async remove(participantId: string): Promise<void> {
    await this.#deps.call(await this.#deps.where(), "remove", { participantId });
  }

  /** The others stay, and what was said. Nothing happens to who is out already. */
  async leave(): Promise<void> {
    const where = await this.#deps.where();
    try {
      await this.#deps.call(where, "leave", {});
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    this.#deps.left(where.conversationId);
  }
}
