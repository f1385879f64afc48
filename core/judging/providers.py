"""Who answers for a model, which key that takes, and what may be sent beside the messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.errors import BadInput, shortened
from core.judging.prices import model_facts

OWN_PREFIX = "TOUCHSTONE_API_KEY_"
"""Before host and port in the name of the variable that holds the key of an address of one's own."""

SENDABLE = frozenset([
    "extra_body", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "min_p",
    "presence_penalty", "reasoning_effort", "repetition_penalty", "response_format", "seed", "service_tier", "stop",
    "temperature", "thinking", "top_k", "top_logprobs", "top_p", "user", "verbosity",
])  # fmt: skip
"""Parameters that may be sent; whatever else a server takes goes into `extra_body`. Everything that would change where
a request goes, whose key it carries or how often it is sent stays out."""


_ADDRESS_ENDS = ("_API_BASE", "_BASE_URL")
"""After a provider's name: variables that litellm and the providers' libraries take an address from."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as litellm names it.

    Attributes:
        title: For people.
        variables: Names of the variables that may hold its key, the usual one first; empty: it needs none.
        link: Where a key is made.
        has_own_signing: Signs requests with an account's credentials instead of sending a key: litellm finds them by
            itself, and they must not go to an address of one's own.
        addresses: Names of variables that litellm takes an address from, beside those that carry the provider's name.
        needs_address: Whether it has no address of its own, so that the judge must name one.
    """

    title: str
    variables: tuple[str, ...] = ()
    link: str = ""
    has_own_signing: bool = False
    addresses: tuple[str, ...] = ()
    needs_address: bool = False


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("OpenAI", ("OPENAI_API_KEY",), "https://platform.openai.com/api-keys"),
    "anthropic": Provider("Anthropic", ("ANTHROPIC_API_KEY",), "https://console.anthropic.com/settings/keys"),
    "gemini": Provider("Google Gemini", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "https://aistudio.google.com/apikey"),
    "mistral": Provider(
        "Mistral",
        ("MISTRAL_API_KEY",),
        "https://console.mistral.ai/api-keys",
        addresses=("MISTRAL_AZURE_API_BASE",),
    ),
    "cohere": Provider("Cohere", ("COHERE_API_KEY", "CO_API_KEY"), "https://dashboard.cohere.com/api-keys"),
    "groq": Provider("Groq", ("GROQ_API_KEY",), "https://console.groq.com/keys"),
    "together_ai": Provider(
        "Together AI", ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY"), "https://api.together.ai/settings/api-keys"
    ),
    "openrouter": Provider("OpenRouter", ("OPENROUTER_API_KEY",), "https://openrouter.ai/settings/keys"),
    "deepseek": Provider("DeepSeek", ("DEEPSEEK_API_KEY",), "https://platform.deepseek.com/api_keys"),
    "xai": Provider("xAI", ("XAI_API_KEY",), "https://console.x.ai"),
    "perplexity": Provider("Perplexity", ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"), "https://www.perplexity.ai"),
    "fireworks_ai": Provider(
        "Fireworks AI",
        ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"),
        "https://app.fireworks.ai/settings/users/api-keys",
        addresses=("FIREWORKS_API_BASE",),
    ),
    "deepinfra": Provider("DeepInfra", ("DEEPINFRA_API_KEY",), "https://deepinfra.com/dash/api_keys"),
    "cerebras": Provider("Cerebras", ("CEREBRAS_API_KEY",), "https://cloud.cerebras.ai"),
    "moonshot": Provider("Moonshot", ("MOONSHOT_API_KEY",), "https://platform.moonshot.ai/console/api-keys"),
    "dashscope": Provider("Alibaba DashScope", ("DASHSCOPE_API_KEY",), "https://dashscope.console.aliyun.com/apiKey"),
    "nvidia_nim": Provider("NVIDIA NIM", ("NVIDIA_NIM_API_KEY",), "https://build.nvidia.com"),
    "huggingface": Provider(
        "Hugging Face",
        ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
        "https://huggingface.co/settings/tokens",
        addresses=("HF_API_BASE",),
    ),
    "azure": Provider("Azure OpenAI", ("AZURE_API_KEY",), "https://portal.azure.com", needs_address=True),
    "azure_ai": Provider("Azure AI", ("AZURE_AI_API_KEY",), "https://ai.azure.com", needs_address=True),
    "bedrock": Provider(
        "Amazon Bedrock",
        ("AWS_ACCESS_KEY_ID",),
        "https://console.aws.amazon.com",
        has_own_signing=True,
        addresses=("AWS_BEDROCK_RUNTIME_ENDPOINT",),
    ),
    "sagemaker": Provider(
        "Amazon SageMaker", ("AWS_ACCESS_KEY_ID",), "https://console.aws.amazon.com", has_own_signing=True
    ),
    "vertex_ai": Provider(
        "Google Vertex AI",
        ("GOOGLE_APPLICATION_CREDENTIALS",),
        "https://console.cloud.google.com",
        has_own_signing=True,
        addresses=("VERTEXAI_API_BASE", "VERTEX_API_BASE"),
    ),
    "watsonx": Provider("IBM watsonx", ("WATSONX_API_KEY",), "https://cloud.ibm.com/iam/apikeys", has_own_signing=True),
    "ollama": Provider("Ollama"),
    "ollama_chat": Provider("Ollama", addresses=("OLLAMA_API_BASE",)),
    "hosted_vllm": Provider("vLLM", needs_address=True),
    "lm_studio": Provider("LM Studio", needs_address=True),
    "llamafile": Provider("llamafile"),
}


@dataclass(frozen=True, slots=True)
class KeyNeed:
    """The key that asking a model takes.

    Attributes:
        variable: Name of the environment variable that holds it; "" where no key is needed.
        required: Whether nothing can be asked without it.
        others: Further names under which it is found.
        title: Of who wants it.
        link: Where a key is made; "" where that is not known.
        is_signed: The provider's library reads the variable itself and signs requests with what it names.
    """

    variable: str
    required: bool
    others: tuple[str, ...] = ()
    title: str = ""
    link: str = ""
    is_signed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it is looked for under, in this order."""
        return (self.variable, *self.others) if self.variable else ()

    def is_met(self, names_set: tuple[str, ...] | frozenset[str]) -> bool:
        """Whether a call can be made where these variables are set."""
        return not self.required or any(name in names_set for name in self.names)


def provider_of(model: str) -> str:
    """The provider of a model as litellm names it: what stands before the first slash, else the table's; "" unknown."""
    before, slash, _ = model.partition("/")
    if slash and (before in PROVIDERS or model_facts(model) is not None):
        return before
    facts = model_facts(model)
    if facts is not None:
        return facts.provider
    return before if slash else ""


def key_variable(model: str, api_base: str) -> KeyNeed:
    """Which variable holds the key for a model; at an own address one that carries its host and port.

    So no provider's key ever goes to an address that somebody typed in, and no key of one address to another.
    """
    if api_base:
        return KeyNeed(own_variable(api_base), required=False, title=urlsplit(api_base).netloc)
    name = provider_of(model)
    known = PROVIDERS.get(name)
    if known is None:
        return KeyNeed(f"{name.upper()}_API_KEY" if name else "", required=False, title=name)
    if not known.variables:
        return KeyNeed("", required=False, title=known.title)
    first, *others = known.variables
    signed = known.has_own_signing
    return KeyNeed(first, not signed, tuple(others), known.title, known.link, is_signed=signed)


def redirecting_variables(model: str, api_base: str) -> tuple[str, ...]:
    """Names of variables from which litellm would take another address for a model; none where the judge names its own.

    Where such a variable is set, the same judge would be asked elsewhere without anybody having chosen it, so nothing
    is asked. The address of IBM watsonx belongs to the account, as its credentials do, and has no other place.
    """
    if api_base:
        return ()
    name = provider_of(model)
    known = PROVIDERS.get(name)
    own = [f"{name.upper().replace('-', '_')}{end}" for end in _ADDRESS_ENDS] if name else []
    if known is None:  # litellm falls back on OpenAI's for those that speak as OpenAI does
        return (*own, *(f"OPENAI{end}" for end in _ADDRESS_ENDS))
    return known.addresses if known.has_own_signing else (*own, *known.addresses)


def own_variable(api_base: str) -> str:
    """The name of the variable with the key of an address: `TOUCHSTONE_API_KEY_` with its host and port.

    Upper case; a dot or colon becomes `_`, a hyphen `__`, so that two addresses never share a name. The port is always
    there (443 for https, 80 for http where none was written).
    """
    parts = urlsplit(checked_address(api_base))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = (parts.hostname or "").replace("-", "__")
    letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in f"{host}_{port}")
    return OWN_PREFIX + letters.upper()


def checked_address(api_base: str) -> str:
    """The address of a server, without spaces around it.

    Raises:
        BadInput: It is not an http or https address, or carries a password, a query or a fragment (which would be
            stored with the judge).
    """
    text = api_base.strip()
    expected = "an address such as http://127.0.0.1:11434/v1, without user name, password, ? and #"
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise BadInput(where="address", found=shortened(text), expected=expected) from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise BadInput(where="address", found="one with a user name, a password, ? or #", expected=expected)
    if not is_good or any(one.isspace() for one in text):
        raise BadInput(where="address", found=shortened(text), expected=expected)
    return text


def check_sendable(model: str, api_base: str, parameters: Mapping[str, object]) -> None:
    """Refuse parameters that would change where a request goes or whose key it carries, and addresses likewise.

    Raises:
        BadInput: The parameter or address, and what can be used; or no address where the provider has none.
    """
    unknown = sorted(set(parameters) - SENDABLE)
    if unknown:
        raise BadInput(
            where="parameters",
            found=", ".join(unknown),
            expected=f"some of {', '.join(sorted(SENDABLE))} (what else a server takes goes into extra_body)",
        )
    known = PROVIDERS.get(provider_of(model))
    if not api_base:
        if known is not None and known.needs_address:
            found = f"none, and {known.title} has no address of its own"
            raise BadInput(where="address", found=found, expected="the address of your server")
        return
    checked_address(api_base)
    if known is not None and known.has_own_signing:
        raise BadInput(
            where="address",
            found=f"one of your own for {known.title}",
            expected="none, or a model named openai/NAME: an account's credentials are not sent to other addresses",
        )


def set_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the key variables that are set and not empty, sorted; never a value."""
    known = {name for provider in PROVIDERS.values() for name in provider.variables}
    given = (name for name, value in environment.items() if value.strip())
    return tuple(sorted(name for name in given if name in known or name.startswith(OWN_PREFIX)))
