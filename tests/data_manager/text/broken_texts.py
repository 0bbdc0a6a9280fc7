"""Texts of interactions that are broken; not a test itself."""

from tests.data_manager.conftest import SMALL_BLOCK_BYTES
from tests.data_manager.text.broken_inputs import GOOD, HEADER, TIMED, Broken, text

LINES = "^FILE, line %d is broken \\(%s"

TEXTS = [
    Broken("too few fields", text(f"{GOOD}b,x\n"), LINES % (3, r"3 fields expected, 2 found\): 'b,x'$")),
    Broken("too many fields", text(f"{GOOD}b,x,3,4\n"), LINES % (3, r"3 fields expected, 4 found\): 'b,x,3,4'$")),
    Broken("no number", text(f"{GOOD}\nb,x,many\n"), LINES % (4, r"rating is not a finite number\): 'b,x,many'$")),
    Broken("NaN", text(f"{GOOD}b,x,NaN\n"), LINES % (3, r"rating is not a finite number\): 'b,x,NaN'$")),
    Broken("inf", text(f"{GOOD}b,x,-inf\n"), LINES % (3, "rating is not a finite number")),
    Broken("beyond float64", text(f"{GOOD}b,x,1e999\n"), LINES % (3, "rating is not a finite number")),
    Broken("hexadecimal", text(f"{GOOD}b,x,0x10\n"), LINES % (3, "rating is not a finite number")),
    Broken("digits of another script", text(f"{GOOD}b,x,٣\n"), LINES % (3, "rating is not a finite number")),
    Broken("empty rating", text(f"{GOOD}b,x,\n"), LINES % (3, r"rating is not a finite number\): 'b,x,'$")),
    Broken("empty id", text(f"{GOOD},x,3\n"), LINES % (3, r"user is empty\): ',x,3'$")),
    Broken("quoted empty id", text(f'{GOOD}b,"",3\n'), LINES % (3, "item is empty")),
    Broken(
        "decimal comma",
        text("user;item;rating\na;x;3,5\n"),
        LINES % (2, r"rating is not a finite number \(a decimal comma\?\)\): 'a;x;3,5'$"),
    ),
    Broken(
        "decimal comma that may be a separator",
        text("a;x;3,5;978,3\n"),
        r"^separator must be given where more than one of ',' or ';' may be it: FILE has .*'a;x;3,5;978,3'$",
        {"columns": (0, 1, 2)},
    ),
    Broken("mixed separators", text(f"{GOOD}b;x;3\n"), LINES % (3, r"3 fields expected, 1 found\): 'b;x;3'$")),
    Broken("blank line", text(f"{GOOD} \n"), LINES % (3, r"3 fields expected, 1 found\): ' '$")),
    Broken("a colon between double ones", text("user::item::rating\na:b::x::3\n"), LINES % (2, "a ':' inside a field")),
    Broken("last of many lines", text(GOOD + "a,x,3\n" * 100_000 + "b\n"), LINES % (100_003, "3 fields expected")),
    Broken(
        "after lines with quotes",
        text(f"{HEADER}a,x,3\n" + 'a,"on\nthree\nlines",3\n' * 30_000 + "b\n"),
        LINES % (90_003, r"3 fields expected, 1 found\): 'b'$"),
    ),
    Broken(
        "open quote", text(f'{GOOD}b,"x,3\nc,y,4\n'), LINES % (3, r"unexpected end of data; quotes must .*'b,\"x,3'$")
    ),
    Broken(
        "open quote in the last column",
        text('rating,user,item\n3,a,"x\n4,b,y\n'),
        LINES % (2, r"unexpected end of data; quotes must enclose a field"),
    ),
    Broken(
        "two open quotes, which look like one long field",
        text(f'{GOOD}b,"x,3\nc,y,4\nd,"z,5\n'),
        LINES % (3, r"',' expected after '\"'; quotes must enclose a field"),
    ),
    Broken(
        "open quote in a column that is not read",
        text('user,item,rating,note\na,x,3,"ok"\nb,y,4,"open\nc,y,4,"more"\nd,x,5,"open\n'),
        LINES % (3, "',' expected after"),
    ),
    Broken(
        "gigantic line",
        text(f"{GOOD}b,x,3{' ' * (3 * SMALL_BLOCK_BYTES)}\n"),
        LINES % (3, f"it is longer than {SMALL_BLOCK_BYTES} ch"),
    ),
    Broken("gigantic first line", text("a" * (3 * SMALL_BLOCK_BYTES)), LINES % (1, "it is longer than")),
    Broken(
        "gigantic id",
        text(f"{GOOD}{'b' * 2**17},x,3\n"),
        LINES % (3, r"user is longer than 65536 bytes\): 'b{200}...'$"),
    ),
    Broken(
        "gigantic id in the first line",
        text(f'"{"b" * 2**17}",x,3\n'),
        LINES % (1, "column 0 is longer than 65536 bytes"),
        {"columns": (0, 1, 2)},
    ),
    Broken(
        "zero bytes", text(f"{GOOD}b,x,\0\0\0\n"), LINES % (3, r"rating is not a finite number\): 'b,x,.x00.x00.x00'$")
    ),
    Broken("a hole of zero bytes", text(f"{GOOD}b,x{chr(0) * 50}"), LINES % (3, "3 fields expected, 2 found")),
    Broken(
        "latin-1 as UTF-8",
        text(f"{GOOD}é,x,3\n".encode("latin-1")),
        LINES % (3, "its bytes are not text in the file's"),
    ),
    Broken("UTF-8 as ASCII", text(f"{GOOD}é,x,3\n"), LINES % (3, "its bytes are not text"), {"encoding": "ascii"}),
    Broken(
        "UTF-16 without saying so",
        text(GOOD.encode("utf-16")),
        r"^FILE must have in its first line .*; these bytes are not text in the encoding utf-8$",
    ),
    Broken(
        "half a character of UTF-16",
        text(GOOD.encode("utf-16")[:-1]),
        LINES % (2, "its bytes are not text in utf-16: .*truncated data"),
        {"encoding": "utf-16"},
    ),
    Broken(
        "binary file", text(bytes(range(256)) * 99), "^FILE must have in its first line .*are not text in the encoding"
    ),
    Broken(
        "other columns", text("userId,item,rating\na,x,3\n"), "^FILE must have in its first line the columns user, item"
    ),
    Broken("a column twice", text("user,user,item,rating\na,b,x,3\n"), "^FILE must have in its first line, once each"),
    Broken(
        "no header", text("a,x,3\n"), "^FILE must .*got 'a,x,3'; a file without a header has positions, such as 0,1,2$"
    ),
    Broken(
        "no such position",
        text("1\t2\n"),
        r"^FILE must have .* positions 0, 1, 2, .*got '1\\t2'$",
        {"columns": (0, 1, 2)},
    ),
    Broken("empty file", text(""), "^FILE holds no interactions$"),
    Broken("header only", text(HEADER), "^FILE holds no interactions$"),
    Broken("header only, in UTF-16", text(HEADER.encode("utf-16")), "^FILE holds no inter", {"encoding": "utf-16"}),
    Broken("header and empty lines", text(f"{HEADER}\r\n\r\n  \n"), "^FILE holds no interactions$"),
    Broken("whitespace only", text("  \n\t\n"), "^FILE must have in its first line the columns"),
    Broken("empty lines only", text("\n\n\n"), "^FILE holds no interactions$", {"columns": (0, 1, 2)}),
    Broken(
        "repeated pair",
        text(f"{GOOD}b,x,3\na,x,4\n"),
        "^FILE must have one line for a user and an item, got 1 more, the first for user a and item x$",
        {"duplicates": "error"},
    ),
    Broken(
        "zeros only",
        text(f"{HEADER}a,x,0\n"),
        "^FILE: .*URM_all must have at least one interaction, got none\\. Left out 1 ratings of 0",
    ),
    Broken(
        "all below",
        text(GOOD),
        r"^FILE: .*must have at least one interaction, got none\. Left out 1 ratings below 4$",
        {"minimum_value": 4.0},
    ),
    Broken(
        "time that is no date",
        text("user,item,rating,time\na,x,3,yesterday\n"),
        LINES % (2, r"time is not a finite number of seconds since 1970, nor .* ISO 8601 date such as"),
        {"columns": TIMED},
    ),
    Broken(
        "date after seconds",
        text("user,item,rating,time\na,x,3,5\na,y,3,2020-01-01\n"),
        LINES % (3, "time is not a finite number of seconds"),
        {"columns": TIMED},
    ),
    Broken(
        "zone after none",
        text("user,item,rating,time\na,x,3,2020-01-01\na,y,3,2020-01-01T00:00:00Z\n"),
        LINES % (3, "time is not an ISO 8601 date and time without a zone, like those before it"),
        {"columns": TIMED},
    ),
    Broken(
        "no zone after one",
        text("user,item,rating,time\na,x,3,2020-01-01T00:00:00+01:00\na,y,3,2020-01-01\n"),
        LINES % (3, "time is not an ISO 8601 date and time with a zone, like those before it"),
        {"columns": TIMED},
    ),
    Broken(
        "a blank after a date",
        text("user,item,rating,time\na,x,3,2020-02-28 \n"),
        LINES % (2, "time is not an ISO 8601 date"),
        {"columns": TIMED},
    ),
    Broken("a form feed at a number", text(f"{GOOD}b,x,3\f\n"), LINES % (3, "rating is not a finite number")),
    Broken(
        "the 30th of February",
        text("user,item,rating,time\na,x,3,2020-02-28\na,y,3,2020-02-30\n"),
        LINES % (3, "time is not an ISO 8601 date"),
        {"columns": TIMED},
    ),
]
