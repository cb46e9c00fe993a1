// Who may sign in: admins see the list, invite somebody by a link, and end somebody's access.
import { fill, h, iconButton } from "./dom.js";
import { ask, dialog, toast } from "./overlay.js";
import { wholeTime } from "./time.js";
import { t } from "./words.js";

export async function showAgents(api, me) {
  const list = h("ul", { class: "agents" });
  const made = h("div", { class: "invitation", hidden: true });
  const name = h("input", { type: "text", class: "field", placeholder: t("agent_name"), "aria-label": t("agent_name"), maxlength: "60", required: true });
  const form = h("form", { class: "invite", onsubmit: (event) => { event.preventDefault(); invite(); } }, name, h("button", { type: "submit", class: "button" }, t("invite")));
  dialog(t("agents"), list, form, made);
  await refresh();

  async function refresh() {
    const { agents } = await api.get("agents").catch(() => ({ agents: [] }));
    fill(list, agents.map((agent) => h(
      "li",
      {},
      h("span", { class: "agent-words" }, h("b", {}, agent.name), h("span", {}, [agent.admin ? t("admin") : "", agent.seen ? t("seen_at", { at: wholeTime(agent.seen) }) : t("never_seen")].filter(Boolean).join(" · "))),
      agent.id === me ? h("span", { class: "faint" }, t("you")) : iconButton("trash", t("revoke", { name: agent.name }), () => revoke(agent)),
    )));
  }

  async function revoke(agent) {
    if (!(await ask(t("revoke_question", { name: agent.name }), t("revoke_yes"), true))) return;
    await api.post("revoke", { agent: agent.id }).catch(() => toast(t("not_done"), "bad"));
    await refresh();
  }

  async function invite() {
    try {
      const { token } = await api.post("invite", { name: name.value });
      const link = `${location.origin}/staff?invite=${token}`;
      const copy = () => navigator.clipboard?.writeText(link).then(() => toast(t("copied")), () => toast(t("not_done"), "bad"));
      fill(made, h("p", {}, t("invited", { name: name.value.trim() })), h("div", { class: "invite" }, h("input", { type: "text", class: "field", readonly: true, value: link, "aria-label": t("invite_link"), onfocus: (event) => event.target.select() }), iconButton("copy", t("copy_link"), copy)));
      made.hidden = false;
      made.querySelector("input").value = link;
      name.value = "";
      await refresh();
    } catch {
      toast(t("not_done"), "bad");
    }
  }
}
