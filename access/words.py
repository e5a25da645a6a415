"""The words of the pages that access shows itself, in both languages."""

from __future__ import annotations

from starlette.requests import HTTPConnection

LANGUAGE_COOKIE = "cc_lang"
LANGUAGES = ("zh", "en")

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "lang": "zh-CN",
        "title": "指挥中心",
        "sign_in": "登录",
        "login": "用户名",
        "password": "密码",
        "other_language": "English",
        "demo_accounts": "演示账号",
        "demo_note": "仅限演练 · 点击即登录",
        "back": "返回首页",
        "sign_out": "退出登录",
        "wrong": "用户名或密码不正确。",
        "locked": "失败次数过多，请在 {minutes} 分钟后再试。",
        "away": "数据库暂时不可用，尚未登录。请稍后再试。",
        "by_provider": "使用{provider}登录",
        "or_password": "或使用本系统账号",
        "no_role": "身份已确认，但未在本系统分配角色，请联系管理员。",
        "not_proven": "统一身份认证未完成，请重新登录。",
        "too_many": "失败次数过多，请几分钟后再试。",
        "provider_away": "统一身份认证服务暂时不可用，请稍后再试，或使用本系统账号登录。",
        "provider": "统一身份认证",
        "sessions": "已登录的浏览器",
        "sessions_none": "没有其他登录。",
        "since": "登录时间",
        "from": "地址",
        "this_one": "当前浏览器",
        "end": "结束",
        "end_others": "结束其他全部登录",
        "403": "当前账号无权查看此页",
        "404": "没有这个页面",
        "405": "此处不接受这种请求",
        "401": "请先登录",
        "503": "数据库暂时不可用，请稍后再试",
    },
    "en": {
        "lang": "en",
        "title": "Command Centre",
        "sign_in": "Sign in",
        "login": "Name",
        "password": "Password",
        "other_language": "中文",
        "demo_accounts": "Demo accounts",
        "demo_note": "drills only · click to sign in",
        "back": "Start page",
        "sign_out": "Sign out",
        "wrong": "Name and password do not belong together.",
        "locked": "Too many failed attempts. Try again in {minutes} min.",
        "away": "The database is away; you are not signed in. Try again in a moment.",
        "by_provider": "Sign in with {provider}",
        "or_password": "or with an account of this system",
        "no_role": "You are known, but have no role in this system. Ask an administrator.",
        "not_proven": "The sign-in was not completed. Sign in again.",
        "too_many": "Too many failed attempts. Try again in a few minutes.",
        "provider_away": "The identity provider is away. Try again, or use an account of this system.",
        "provider": "the city's identity provider",
        "sessions": "Signed-in browsers",
        "sessions_none": "No other browser is signed in.",
        "since": "Since",
        "from": "From",
        "this_one": "this browser",
        "end": "End",
        "end_others": "End all others",
        "403": "This account may not see this page",
        "404": "There is no such page",
        "405": "This page takes no such request",
        "401": "Sign in first",
        "503": "The database is away; try again in a moment",
    },
}


def language_of(connection: HTTPConnection) -> str:
    """The language the person chose; Chinese for everybody else."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else LANGUAGES[0]
