"""The medicines the region prescribes: generic name with dosage form, strength, usual dose, route and frequency.

Usual doses as on the Chinese labels; they only make the demo's documents look right and judge nothing.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """One product with its usual directions. `strength` is one dosage unit, as (value, unit); None = not written."""

    name: str
    form: str
    strength: tuple[str, str] | None
    dose: tuple[str, str]
    route: str
    frequency: str
    pack: str  # dosage unit of `quantity`
    per_day: Decimal  # dosage units a day, for the quantity
    skin_test: str | None = None


_PER_DAY = {
    "qd": 1,
    "qn": 1,
    "bid": 2,
    "tid": 3,
    "qid": 4,
    "q12h": 2,
    "q8h": 3,
    "q6h": 4,
    "prn": 2,
    "tid prn": 3,
    "qw": "0.15",
}

_TABLE = """
amlodipine      苯磺酸氨氯地平片           片 5mg  5mg oral qd
nifedipine      硝苯地平控释片             控释片 30mg 30mg oral qd
valsartan       缬沙坦胶囊                 胶囊 80mg 80mg oral qd
irbesartan      厄贝沙坦片                 片 150mg 150mg oral qd
enalapril       马来酸依那普利片           片 10mg 10mg oral qd
metoprolol      酒石酸美托洛尔片           片 25mg 25mg oral bid
metoprolol-er   琥珀酸美托洛尔缓释片       缓释片 47.5mg 47.5mg oral qd
indapamide      吲达帕胺缓释片             缓释片 1.5mg 1.5mg oral qd
spironolactone  螺内酯片                   片 20mg 20mg oral qd
furosemide      呋塞米片                   片 20mg 20mg oral qd
atorvastatin    阿托伐他汀钙片             片 20mg 20mg oral qn
rosuvastatin    瑞舒伐他汀钙片             片 10mg 10mg oral qn
simvastatin     辛伐他汀片                 片 20mg 20mg oral qn
aspirin         阿司匹林肠溶片             肠溶片 100mg 100mg oral qd
clopidogrel     硫酸氢氯吡格雷片           片 75mg 75mg oral qd
warfarin        华法林钠片                 片 3mg 3mg oral qd
isosorbide      单硝酸异山梨酯缓释片       缓释片 40mg 40mg oral qd
digoxin         地高辛片                   片 0.25mg 0.125mg oral qd
metformin       盐酸二甲双胍片             片 0.5g 0.5g oral bid
glimepiride     格列美脲片                 片 2mg 2mg oral qd
acarbose        阿卡波糖片                 片 50mg 50mg oral tid
dapagliflozin   达格列净片                 片 10mg 10mg oral qd
sitagliptin     磷酸西格列汀片             片 100mg 100mg oral qd
levothyroxine   左甲状腺素钠片             片 50μg 50μg oral qd
thiamazole      甲巯咪唑片                 片 10mg 10mg oral qd
febuxostat      非布司他片                 片 40mg 40mg oral qd
calcitriol      骨化三醇软胶囊             软胶囊 0.25μg 0.25μg oral qd
tamsulosin      盐酸坦索罗辛缓释胶囊       缓释胶囊 0.2mg 0.2mg oral qn
sertraline      盐酸舍曲林片               片 50mg 50mg oral qd
donepezil       盐酸多奈哌齐片             片 5mg 5mg oral qn
estazolam       艾司唑仑片                 片 1mg 1mg oral qn
zopiclone       右佐匹克隆片               片 2mg 2mg oral qn
tiotropium      噻托溴铵粉吸入剂           粉吸入剂 18μg 18μg inhaled qd
montelukast     孟鲁司特钠片               片 10mg 10mg oral qn
salbutamol      硫酸沙丁胺醇气雾剂         气雾剂 100μg 200μg inhaled prn
paracetamol     对乙酰氨基酚片             片 0.5g 0.5g oral tid
ibuprofen       布洛芬缓释胶囊             缓释胶囊 0.3g 0.3g oral bid
celecoxib       塞来昔布胶囊               胶囊 0.2g 0.2g oral qd
diclofenac      双氯芬酸钠缓释片           缓释片 75mg 75mg oral qd
diclofenac-gel  双氯芬酸二乙胺乳胶剂       乳胶剂 - 1g topical tid
loratadine      氯雷他定片                 片 10mg 10mg oral qd
cetirizine      盐酸西替利嗪片             片 10mg 10mg oral qd
ambroxol        盐酸氨溴索片               片 30mg 30mg oral tid
amoxicillin     阿莫西林胶囊               胶囊 0.5g 0.5g oral tid
cefuroxime      头孢呋辛酯片               片 0.25g 0.25g oral bid
cefaclor        头孢克洛缓释片             缓释片 0.375g 0.375g oral bid
azithromycin    阿奇霉素片                 片 0.25g 0.5g oral qd
levofloxacin    左氧氟沙星片               片 0.5g 0.5g oral qd
clarithromycin  克拉霉素片                 片 0.25g 0.5g oral bid
metronidazole   甲硝唑片                   片 0.2g 0.4g oral tid
fluconazole     氟康唑胶囊                 胶囊 150mg 150mg oral qd
meropenem       注射用美罗培南             注射用 0.5g 1g intravenous_infusion q8h
omeprazole      奥美拉唑肠溶胶囊           肠溶胶囊 20mg 20mg oral qd
rabeprazole     雷贝拉唑钠肠溶片           肠溶片 20mg 20mg oral qd
mosapride       枸橼酸莫沙必利片           片 5mg 5mg oral tid
hydrotalcite    铝碳酸镁咀嚼片             咀嚼片 0.5g 1g oral tid
smectite        蒙脱石散                   散 3g 3g oral tid
smectite-child  蒙脱石散                   散 3g 1g oral tid
ors             口服补液盐散               散 5.125g 5.125g oral tid
mometasone      糠酸莫米松乳膏             乳膏 - 1g topical qd
folic-acid      叶酸片                     片 0.4mg 0.4mg oral qd
betahistine     甲磺酸倍他司汀片           片 6mg 6mg oral tid
oxycodone       盐酸羟考酮缓释片           缓释片 10mg 10mg oral q12h
tramadol        盐酸曲马多缓释片           缓释片 100mg 100mg oral q12h
sildenafil      枸橼酸西地那非片           片 50mg 50mg oral prn
ribavirin       利巴韦林片                 片 100mg 200mg oral tid
vincristine     注射用硫酸长春新碱         注射用 1mg 1.4mg intrathecal once
lianhua         连花清瘟胶囊               胶囊 0.35g 1.4g oral tid
banlangen       板蓝根颗粒                 颗粒 10g 10g oral tid
xuefu           血府逐瘀胶囊               胶囊 0.4g 2.4g oral bid
danshen         复方丹参滴丸               滴丸 27mg 270mg oral tid
liuwei          六味地黄丸                 丸 9g 9g oral bid
xiaoyao         逍遥丸                     丸 6g 6g oral bid
chiqiao         小儿豉翘清热颗粒           颗粒 2g 2g oral tid
"""


def _amount(text: str) -> tuple[str, str]:
    digits = text.rstrip("".join(c for c in text if not c.isdigit()))
    return digits, text[len(digits) :]


def _product(line: str) -> tuple[str, Product]:
    key, name, form, strength, dose, route, frequency = line.split(maxsplit=6)
    amount = None if strength == "-" else _amount(strength)
    single = _amount(dose)
    times = Decimal(_PER_DAY.get(frequency, 1))
    units = _in_mg(single) / _in_mg(amount) if amount else Decimal(1)
    pack = (
        "片" if form.endswith("片") else "粒" if form.endswith("胶囊") else "支" if form == "注射用" else "袋"
    )
    return key, Product(name, form, amount, single, route, frequency, pack, units * times)


def _in_mg(amount: tuple[str, str]) -> Decimal:
    return Decimal(amount[0]) * {"mg": Decimal(1), "g": Decimal(1000), "μg": Decimal("0.001")}.get(
        amount[1], Decimal(1)
    )


PRODUCTS: dict[str, Product] = dict(_product(line) for line in _TABLE.strip().splitlines())

# Names that no catalogue knows: preparations of single hospitals and local shorthand. They must come out not checked.
UNKNOWN_NAMES = (
    "清肺止咳合剂(院内制剂)",
    "复方柴黄退热合剂(院内制剂)",
    "化瘀通络院内胶囊",
    "健脾消积散(院内制剂)",
    "金草润喉茶",
    "祛风止痒洗剂(协定方)",
)
