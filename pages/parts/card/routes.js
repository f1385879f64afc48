
/* Speaking to the server: an answer, a definite refusal (`rater`: because somebody else is signed in now), or nothing
   that can be relied on. */

class Refused extends Error {
  constructor(status, error) {
    super(error?.message || `the server refused (${status})`);
    this.status = status;
    this.criterion = error?.criterion ?? null;
    this.rater = error?.rater ?? null;
  }
}

class Unreached extends Error {}

const PASSING = new Set([408, 425, 429]);

async function ask(method, path, body = null, { patience = 12000, keepalive = false, rater = null } = {}) {
  let response, answer;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: { ...(body && { "content-type": "application/json" }), ...(rater && { "touchstone-rater": encodeURIComponent(rater) }) },
      body: body ? JSON.stringify(body) : undefined,
      signal: keepalive ? undefined : AbortSignal.timeout(patience),
      keepalive,
    });
    answer = await response.json();
  } catch (failure) {
    if (response && response.status >= 400 && response.status < 500) throw new Refused(response.status, null);
    throw new Unreached(response ? "the server's answer cannot be read" : "the server does not answer");
  }
  if (response.ok) return answer;
  if (response.status >= 500 || PASSING.has(response.status))
    throw new Unreached(answer?.error?.message || `the server failed (${response.status})`);
  throw new Refused(response.status, answer?.error);
}

const fetched = (path, about, rater = null) => {
  const known = Object.entries(about).filter(([, value]) => value !== null && value !== undefined);
  return ask("GET", `${path}?${new URLSearchParams(known)}`, null, { rater });
};

/* What this browser keeps until the server has it; a browser that forbids it still grades. */
class Shelf {
  constructor(kind, study, rater) {
    this.prefix = `touchstone:${kind}:${study}:${encodeURIComponent(rater)}:`;
  }

  put(name, value) {
    try {
      localStorage.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      /* full or forbidden: the answer is still in memory, and the state line says it is not saved */
    }
  }

  take(name) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + name));
    } catch {
      return null;
    }
  }

  drop(name) {
    try {
      localStorage.removeItem(this.prefix + name);
    } catch {
      /* nothing was kept */
    }
  }

  all() {
    try {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(this.prefix));
      return names.map((name) => this.take(name.slice(this.prefix.length))).filter(Boolean);
    } catch {
      return [];
    }
  }
}
