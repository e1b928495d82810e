/**
 * A visitor who signs in takes his conversation along. An unused socket ticket of the visitor proves to Pitboss that both
 * are one person.
 */

import { Api } from "./api.js";
import { Identity } from "./identity.js";
import { Outbox } from "./outbox.js";

/**
 * @param {Identity} identity the player who is here now
 * @param {Api} api as that player
 */
export const bringAlong = async (identity, api) => {
  const { storage, who, origin, brand } = identity;
  const kept = storage.get("open.visitor");
  if (!kept || identity.isVisitor) return;
  try {
    const asVisitor = new Api(origin, Identity.ofVisitor({ origin, brand, storage }));
    const page = await asVisitor.transcript(kept.ticket_id, 0);
    if (!page.ended_at) {
      const { socket_ticket: proof } = await asVisitor.openSession({});
      const claimed = await api.claimSession(proof);
      storage.set(`open.${who}`, { ...kept, ticket_id: claimed.ticket_id });
      new Outbox(storage, who).adopt(new Outbox(storage, "visitor"));
    }
  } catch (problem) {
    /* Nobody answered, or not now: the next page tries again. A refusal is final. */
    if (problem.status === 0 || problem.status === 429 || problem.status >= 500) return;
  }
  storage.set("open.visitor", null);
  storage.set("visitor", null);
};
