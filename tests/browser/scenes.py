"""What people say in the pictures of docs/images, in each language."""

from __future__ import annotations

from dataclasses import dataclass, field

_PRODUCT = """<!doctype html><html lang="{{lang}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Ledger</title><meta name="color-scheme" content="light dark">
<style>
 body {{{{ margin: 0; font: 15px/1.5 Inter, system-ui, sans-serif; background: light-dark(#f6f7f9, #14171c); color: light-dark(#1f2937, #d7dce4) }}}}
 header {{{{ padding: 18px 32px; background: light-dark(#2b3a55, #0d1118); color: white; font-weight: 650 }}}}
 main {{{{ max-width: 760px; padding: 24px 32px }}}} h1 {{{{ font-size: 24px }}}}
 table {{{{ width: 100%; border-collapse: collapse; background: light-dark(white, #1b2027) }}}}
 td {{{{ padding: 13px 16px; border-bottom: 1px solid light-dark(#e5e7eb, #2a313b) }}}} td:last-child {{{{ text-align: right }}}}
</style>
<header>Ledger</header><main><h1>{title}</h1><table>{rows}</table></main>
<script src="{{okno}}/widget.js" data-identity="{{who}}" data-version="2.4.1" async></script></html>"""


def _page(title: str, companies: tuple[str, ...]) -> str:
    rows = "".join(
        f"<tr><td>2026-{n + 1:03}<td>{name}<td>{(n + 3) * 417}.00" for n, name in enumerate(companies * 3)
    )
    return _PRODUCT.format(title=title, rows=rows)


def _error(title: str, words: str) -> str:
    box = (
        "position: fixed; inset: 96px 120px auto; padding: 24px 28px; border-radius: 14px; background: white"
    )
    shadow = "box-shadow: 0 0 0 100vmax rgb(20 30 50 / 45%); color: #374151"
    return (
        f'<div style="{box}; {shadow}"><b style="font-size: 20px; color: #b3261e">{title}</b><p>{words}</div>'
    )


@dataclass(frozen=True)
class Scene:
    """One language's people and words; `others` come before the conversation that is shown."""

    lang: str
    tag: str
    customer: str
    said: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    draft: str
    error: str
    product: str
    known: dict[str, dict[str, str]] = field(default_factory=dict)


SCENES = (
    Scene(
        "en",
        "en-GB",
        "Anna Lee",
        (
            ("customer", "Hello! The export of last month's invoices ends with an error."),
            ("agent", "Hi Anna! I see it here too. Which companies did you choose?"),
            ("customer", "All of them, as every month."),
            ("agent", "// it stumbles over companies that were deleted since, Igor has a fix"),
            (
                "agent",
                "Found it: one of them was deleted in October. Leave it out for now, the fix comes today.",
            ),
            ("customer", "That worked, thank you!"),
        ),
        (
            ("Sofia Marin", "Can I give my accountant access to a single company?"),
            ("Dmitri Orlov", "The confirmation code doesn't arrive. I have tried three times."),
            ("Joan Park", "How do I change the address on an invoice that was sent already?"),
        ),
        "Glad to hear it. I'll write to you when",
        _error("Export failed", "Error 502. Please try again later."),
        _page("Invoices", ("Romashka Ltd", "Northwind", "Kestrel & Sons")),
        {
            "Anna Lee": {"email": "anna@kestrel.example", "plan": "pro"},
            "Dmitri Orlov": {"tier": "gold"},
            "Joan Park": {"tier": "basic"},
        },
    ),
    Scene(
        "ru",
        "ru-RU",
        "Анна Соколова",
        (
            ("customer", "Здравствуйте! Выгрузка счетов за прошлый месяц обрывается с ошибкой."),
            ("agent", "Здравствуйте, Анна! У меня тоже. Какие компании выбраны?"),
            ("customer", "Все, как обычно."),
            ("agent", "// спотыкается о компании, удалённые с тех пор; Игорь уже чинит"),
            ("agent", "Нашли: одну из них в октябре удалили. Снимите с неё галочку, сегодня исправим."),
            ("customer", "Получилось, спасибо!"),
        ),
        (
            ("София Марин", "Можно дать бухгалтеру доступ только к одной компании?"),
            ("Дмитрий Орлов", "Не приходит код подтверждения. Пробовал три раза."),
            ("Ольга Пак", "Как поменять адрес в счёте, который уже отправлен?"),
        ),
        "Отлично. Напишу вам, когда",
        _error("Выгрузка не удалась", "Ошибка 502. Попробуйте позже."),
        _page("Счета", ("ООО «Ромашка»", "Северный ветер", "Пустельга и сыновья")),
        {
            "Анна Соколова": {"email": "anna@pustelga.example", "plan": "pro"},
            "Дмитрий Орлов": {"tier": "gold"},
            "Ольга Пак": {"tier": "basic"},
        },
    ),
)
