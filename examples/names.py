"""People, companies and places of many languages, as they stand on real leads."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """Where a lead comes from: names as written there, and how addresses, telephones and VAT numbers look."""

    code: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    companies: tuple[str, ...]
    street: str
    places: tuple[tuple[str, str], ...]
    phone: str
    vat: str | None


COUNTRIES = (
    Country(
        "DE",
        ("Jürgen", "Käthe", "Björn", "Anneliese", "Sören", "Ülkü"),
        ("Müller", "Weiß", "von der Höhe", "Schröder", "Yılmaz"),
        ("Nordlicht Messtechnik GmbH", "Bäckerei Süß & Söhne OHG", "Größenwahn Gerüstbau KG"),
        "Königstraße {}",
        (("10115", "Berlin"), ("80331", "München"), ("24103", "Kiel")),
        "+49 30 ######",
        "DE#########",
    ),
    Country(
        "FR",
        ("Zoé", "François", "Anaïs", "Jean-Noël", "Maëlys"),
        ("Lefèvre", "D'Aubigné", "Garçon", "Le Goff"),
        ("Ébène & Fils SARL", "Crèmerie de l'Œuf", "Atelier Çà-et-Là"),
        "{} rue de l'Église",
        (("75011", "Paris"), ("33000", "Bordeaux")),
        "+33 1 ## ## ## ##",
        "FR###########",
    ),
    Country(
        "IE",
        ("Niamh", "Seán", "Siobhán", "Conor"),
        ("O'Brien", "Ní Dhomhnaill", "McCarthy", "O’Sullivan"),
        ("O'Hara's Brewing Ltd", "Dún Laoghaire Marine Ltd"),
        "{} St. Stephen's Green",
        (("D02 X285", "Dublin"), ("T12 W8KP", "Cork")),
        "+353 1 ### ####",
        "IE#######W",
    ),
    Country(
        "ES",
        ("Iñigo", "María José", "Ángel", "Begoña"),
        ("Núñez", "García y Vega", "Peña", "López-Íñiguez"),
        ("Cerámicas Peñíscola S.L.", "Aceites Jaén, S.A."),
        "Calle del Pingüino, {}",
        (("28013", "Madrid"), ("08001", "Barcelona")),
        "+34 91 ### ## ##",
        "ESB########",
    ),
    Country(
        "PL",
        ("Łukasz", "Małgorzata", "Zdzisław", "Agnieszka"),
        ("Żółć", "Wójcik", "Kwiatkowska-Śliwa", "Dąbrowski"),
        ("Źródło sp. z o.o.", "Przędzalnia Łódź S.A."),
        "ul. Świętokrzyska {}",
        (("00-001", "Warszawa"), ("90-001", "Łódź")),
        "+48 22 ### ## ##",
        "PL##########",
    ),
    Country(
        "SE",
        ("Åsa", "Örjan", "Märta", "Göran"),
        ("Öberg", "Åkesson", "Sjöström"),
        ("Smörgåsbord AB", "Fjäll & Hav AB"),
        "Drottninggatan {}",
        (("111 51", "Stockholm"), ("903 26", "Umeå")),
        "+46 8 ### ## ##",
        "SE############",
    ),
    Country(
        "VN",
        ("Thị Hương", "Văn Đức", "Minh Quân", "Thùy Dương"),
        ("Nguyễn", "Trần", "Phạm", "Đặng"),
        ("Công ty TNHH Ánh Dương", "Cà Phê Đắk Lắk"),
        "{} Đường Nguyễn Huệ",
        (("700000", "Thành phố Hồ Chí Minh"), ("100000", "Hà Nội")),
        "+84 28 #### ####",
        None,
    ),
    Country(
        "SA",
        ("محمد", "فاطمة", "عبد الله", "نورة"),
        ("الحسن", "آل سعود", "القحطاني"),
        ("شركة الواحة للتجارة", "مصنع النخيل"),
        "شارع الملك فهد {}",
        (("11564", "الرياض"), ("21589", "جدة")),
        "+966 11 ### ####",
        None,
    ),
    Country(
        "JP",
        ("美咲", "健太", "さくら", "ケンジ"),
        ("山田", "佐藤", "髙橋", "𠮷野"),
        ("株式会社青空", "有限会社みどり工業"),
        "銀座{}丁目",
        (("104-0061", "東京都中央区"), ("530-0001", "大阪市北区")),
        "+81 3 #### ####",
        None,
    ),
    Country(
        "CN",
        ("伟", "秀英", "欣怡"),
        ("王", "李", "欧阳"),
        ("上海晨光贸易有限公司", "深圳市南山科技"),
        "人民路{}号",
        (("200000", "上海"), ("518000", "深圳")),
        "+86 21 #### ####",
        None,
    ),
    Country(
        "KR",
        ("민준", "서연", "지우"),
        ("김", "이", "박"),
        ("주식회사 한빛", "서울제과"),
        "세종대로 {}",
        (("03187", "서울"), ("48058", "부산")),
        "+82 2 #### ####",
        None,
    ),
    Country(
        "GR",
        ("Γιώργος", "Ελένη", "Νικόλαος"),
        ("Παπαδόπουλος", "Οικονόμου"),
        ("Ελαιώνας Α.Ε.", "Αιγαίο Ναυτιλιακή"),
        "Οδός Ερμού {}",
        (("105 63", "Αθήνα"), ("546 24", "Θεσσαλονίκη")),
        "+30 21 #### ####",
        "EL#########",
    ),
    Country(
        "UA",
        ("Олена", "Сергій", "Дар'я"),
        ("Шевченко", "Ковальчук", "Гончаренко"),
        ("ТОВ «Світанок»", "Кав'ярня Львів"),
        "вул. Хрещатик, {}",
        (("01001", "Київ"), ("79000", "Львів")),
        "+380 44 ### ## ##",
        None,
    ),
    Country(
        "IL",
        ("נועה", "יוסף", "תמר"),
        ("כהן", "בן-דוד"),
        ("גליל טכנולוגיות בע״מ",),
        "רחוב הרצל {}",
        (("6100001", "תל אביב"),),
        "+972 3 ### ####",
        None,
    ),
    Country(
        "IN",
        ("आरव", "Priya", "Lakshmi", "अनन्या"),
        ("शर्मा", "Iyer", "Subramanian"),
        ("Śakti Textiles Pvt. Ltd.", "मित्रा एंटरप्राइज़"),
        "{} MG Road",
        (("560001", "Bengaluru"), ("400001", "मुंबई")),
        "+91 80 #### ####",
        None,
    ),
    Country(
        "US",
        ("Mary-Ann", "DeShawn", "Beyoncé", "X Æ"),
        ("Smith", "O’Connor III", "St. John", "Null", "de la Cruz"),
        ('Acme "Rocket" Corp.', "Smith, Smith & Smith LLP", "24/7 Plumbing <West>"),
        "{} Main St, Apt #4",
        (("10001", "New York"), ("94105", "San Francisco")),
        "+1 212 555 ####",
        None,
    ),
)

JOBS = (
    "CEO",
    "Einkäuferin",
    "Directeur général",
    "CTO",
    "代表取締役",
    "Owner / Operator",
    "Kierownik zakupów",
    "مدير المشتريات",
)
NOTES = (
    "Met at the fair 🎪, wants a demo next week 🚀",
    "Ruft zurück — „nicht vor Dienstag“ ☎️",
    "Très intéressée 👍🏽 mais budget en 2027…",
    "見積書を送付済み📄",
    "متابعة بعد رمضان 🌙",
    'Has 3 sites:\n\t1) HQ\n\t2) depot\n\t3) "the barn" 🐄',
    "family 👩‍👩‍👧‍👦 business; ask for Åsa",
    "<b>URGENT</b> & 'important'; DROP TABLE lead;--",
)
DISCOVERERS = tuple(f"rep-{number}" for number in range(1, 9))
REPS = (
    ("rep-1", "Ada Byron"), ("rep-2", "José Núñez"), ("rep-3", "Søren Kjær"), ("rep-4", "Nguyễn Thị Mai"),
    ("rep-5", "Łucja Żak"), ("rep-6", "佐藤 花子"), ("rep-7", "Grace O'Malley"), ("rep-8", "ليلى حداد"),
)  # fmt: skip


def digits(pattern: str, rng: random.Random) -> str:
    """Fill each `#` of a pattern with a digit, the first never 0."""
    return "".join(str(rng.randrange(1, 10)) if sign == "#" else sign for sign in pattern)


def ascii_of(text: str) -> str:
    """What is left of a name in an e-mail address: letters a-z and digits; may be empty."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("Ł", "L").replace("ł", "l").replace("đ", "d"))
    return "".join(sign for sign in plain.lower() if sign.isascii() and sign.isalnum())
