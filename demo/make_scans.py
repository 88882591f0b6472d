#!/usr/bin/python3
"""Make the demo's data: 300 filled-in permit-office forms, scanned and read.

The script draws forms of three layouts for fictional applicants, degrades the
images to five scan qualities, has Tesseract read them, and writes what
Tesseract said, word by word and unrepaired, beside the truth.  The results
are kept in demo/data, so the demo itself needs neither this script nor
Tesseract; data/README.md describes the files.

Packages (Debian 12):
    apt-get install python3-pil fonts-dejavu-core tesseract-ocr tesseract-ocr-eng

Run:
    demo/make_scans.py                       # everything, into demo/data
    demo/make_scans.py --limit 15 --out /tmp/try --keep-images /tmp/try/img
    demo/make_scans.py --report              # only the table, from the files

Time: about three minutes for all 300 documents with two jobs on two cores.

Everything random comes from a generator seeded with the document's id, so the
same Pillow, FreeType and DejaVu versions give the same images, and one
document can be made alone (--only ID).
"""

import argparse
import functools
import math
import multiprocessing
import os
import random
import subprocess
import tempfile
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SEED = 'williams-demo-1'
DATA = Path(__file__).resolve().parent / 'data'
FONTS = '/usr/share/fonts/truetype/dejavu/'

# document type -> (layout, Tesseract page segmentation mode, form number, title)
TYPES = {
    'building_permit': ('label_left', 4, 'Form B-101', 'Application for a Building Permit'),
    'event_permit': ('two_column', 3, 'Form E-20', 'Application for an Event Permit'),
    'employment_contract': ('label_above_box', 3, 'Form W-7',
                            'Employment Contract (work permit annex)'),
}

# Each degradation runs from its first to its second number with the document's
# own severity (0..1).  Blur is in pixels of the scan; ink and paper are grey
# values; fade is the share of ink lost in the faintest patches of the page.
QUALITIES = {
    'clean': dict(dpi=(200, 240), jpeg=None, skew=0.1, blur=(0.0, 0.0), ink=(0, 20),
                  paper=(255, 250), fade=(0.0, 0.0), noise=(0, 6), speckles=(0, 0)),
    'good': dict(dpi=(200, 200, 180), jpeg=(90, 80), skew=0.4, blur=(0.3, 0.6), ink=(20, 50),
                 paper=(250, 240), fade=(0.0, 0.2), noise=(4, 12), speckles=(0, 10)),
    'fair': dict(dpi=(150, 140), jpeg=(70, 55), skew=0.6, blur=(0.5, 1.0), ink=(40, 80),
                 paper=(245, 230), fade=(0.2, 0.5), noise=(10, 22), speckles=(15, 60)),
    'poor': dict(dpi=(120, 110), jpeg=(55, 40), skew=1.0, blur=(0.7, 1.1), ink=(60, 95),
                 paper=(235, 215), fade=(0.2, 0.6), noise=(14, 28), speckles=(30, 100)),
    'unreadable': dict(dpi=(85, 75), jpeg=(40, 20), skew=1.6, blur=(0.8, 1.1), ink=(75, 105),
                       paper=(220, 200), fade=(0.3, 0.65), noise=(10, 20), speckles=(40, 140)),
}

PAGES = {'A4': (595, 842), 'Letter': (612, 792), 'A5': (420, 595)}    # points

# --------------------------------------------------------------------------
# fictional people, firms and places

FIRST = '''Alma Bertram Celia Dorian Edda Florian Greta Hollis Imogen Jasper Katrin
    Leopold Marla Nestor Odette Percival Quentin Rosalind Silvan Tabitha Ulric
    Verena Winifred Yorick Zelda'''.split()
LAST = '''Applegarth Birchwood Copperfern Dunmarrow Elderbrook Fairweather Gladstane
    Hawksmere Inglewick Juniper Kestrelby Larkspur Merriwell Nettleford Oakhanger
    Pennyquick Quillfeather Ravensworth Sedgewater Thistlewood Underhay Vexley
    Winterbourne Yarrowby'''.split()
CITY = '''Ashcombe Brackenford Coldharbour Dunmere Eastwold Fernhollow Greymarsh
    Highmoor Larkfield Millbrae'''.split()
STATE = 'CT MA ME NH NY RI VT'.split()
STREET = '''Mill Orchard Chapel Station Harbour Copper Bridge Linden Quarry Meadow
    Foundry Tannery Granary Willow'''.split()
STREET_KIND = 'Street Lane Road Avenue Close Way'.split()
FIRM_WORD = '''Brightwater Copperline Silverbirch Northgate Bluestone Hearthside
    Kingfisher Redfern Stonebridge Windmill Amberley Foxglove'''.split()
FIRM_KIND = ['Joinery', 'Logistics', 'Bakery', 'Engineering', 'Textiles', 'Nurseries',
             'Instruments', 'Catering', 'Software', 'Printing Works']
FIRM_FORM = ['Ltd', 'B.V.', 'Inc.', '& Sons', 'Partners']
CLUB = ['Choral Society', 'Rowing Club', 'Volunteer Fire Company', 'Garden Club',
        'Parents Association', 'Heritage Trust', 'Chess Club', 'Athletics Union']
EVENT = ['Harvest Fair', 'Spring Market', 'Street Marathon', 'Lantern Parade',
         'Summer Concert', 'Antiques Fair', 'Book Festival', 'Regatta',
         'Charity Fun Run', 'Open Air Cinema']
VENUE = ['Market Square', 'Town Hall Gardens', 'Riverside Park', 'Old Quay',
         'Castle Meadow', 'Station Plaza', 'Sports Ground North']
PERMIT_TYPE = {'Residential': ['Addition', 'New dwelling', 'Alteration', 'Garage'],
               'Commercial': ['Tenant fit-out', 'New building', 'Signage'],
               'Electrical': ['Service upgrade', 'Solar array', 'Rewiring'],
               'Plumbing': ['Water heater', 'Sewer connection'],
               'Demolition': ['Interior only', 'Whole structure']}
PURPOSE = ['Enlarge the kitchen and add a covered porch at the rear of the house',
           'Replace the roof and install solar panels on the south side',
           'Convert the former workshop into two apartments',
           'Build a detached garage for two vehicles',
           'Repair storm damage to the chimney and the east wall',
           'Install an accessible entrance with a ramp and a wider door',
           'Remove an interior wall between dining room and kitchen',
           'New shop front with an illuminated sign']
JOB = ['Warehouse Operator', 'Software Developer', 'Pastry Cook', 'Site Engineer',
       'Care Assistant', 'Machine Fitter', 'Bookkeeper', 'Greenhouse Worker',
       'Laboratory Technician', 'Truck Driver', 'Tailor', 'Quality Inspector']
DURATION = ['6 months', '12 months', '24 months', '36 months', 'Indefinite']


def person(r):
    return f'{r.choice(FIRST)} {r.choice(LAST)}'


def firm(r):
    return f'{r.choice(FIRM_WORD)} {r.choice(FIRM_KIND)} {r.choice(FIRM_FORM)}'


def street(r):
    return f'{r.randint(1, 480)} {r.choice(STREET)} {r.choice(STREET_KIND)}'


def phone(r):
    return f'555-01{r.randint(0, 99):02d}'      # reserved for fiction


def maybe(r, value, blank=0.2):
    """An optional field is left blank on some forms."""
    return None if r.random() < blank else value


def building_permit(r, received, number):
    kind = r.choice(list(PERMIT_TYPE))
    return {
        'permit_number': f'BP-2025-{number:05d}',
        'permit_type': kind,
        'permit_subtype': maybe(r, r.choice(PERMIT_TYPE[kind])),
        'parcel': f'{r.randint(1, 60):03d}-{r.randint(1, 299):03d}-{r.randint(1, 99):02d}',
        'date_entered': str(received - timedelta(r.randint(0, 12))),
        'construction_cost': f'{r.randint(12, 4800) * 125}.00',
        'address': street(r),
        'city': r.choice(CITY),
        'state': r.choice(STATE),
        'zip': f'00{r.randint(100, 499)}',      # no such post codes are in use
        'contact': f'{person(r)}, {phone(r)}',
        'purpose': maybe(r, r.choice(PURPOSE)),
    }


def event_permit(r, received, number):
    city = r.choice(CITY)
    first = received + timedelta(r.randint(30, 200))
    surname = r.choice(LAST)
    return {
        'permit_number': f'EV-2025-{number:05d}',
        'event_name': f'{city} {r.choice(EVENT)}',
        'organizer': f'{r.choice([city, surname])} {r.choice(CLUB)}',
        'venue': f'{r.choice(VENUE)}, {city}',
        'date_from': str(first),
        'date_to': maybe(r, str(first + timedelta(r.randint(0, 3))), 0.1),
        'visitors': str(r.randint(3, 120) * 25),
        'phone': phone(r),
        'email': maybe(r, f'{surname.lower()}@example.org', 0.3),
        'fee': f'{r.randint(4, 60) * 5}.00',
    }


def employment_contract(r, received, number):
    return {
        'job_title': r.choice(JOB),
        'employer_name': firm(r),
        'employer_kvk': f'00{r.randint(100000, 999999)}',     # 00 was never issued
        'start_date': str(received + timedelta(r.randint(20, 120))),
        'salary_amount': f'{r.randint(72, 260) * 25}.00',
        'salary_currency': r.choice(['EUR', 'EUR', 'USD', 'GBP']),
        'contract_duration': r.choice(DURATION),
        'work_location': maybe(r, f'{street(r)}, {r.choice(CITY)}', 0.15),
        'working_hours': maybe(r, f'{r.choice([16, 24, 32, 36, 38, 40])} hours per week', 0.15),
    }


FILL = {'building_permit': building_permit, 'event_permit': event_permit,
        'employment_contract': employment_contract}


# --------------------------------------------------------------------------
# the plan: which document is of which type and quality, and when it came in

def plan():
    """All 300 documents, in order of arrival.

    Types and qualities are shuffled within blocks of 15, so that every block
    has each combination once and any first N documents are a fair mix.
    """
    docs = []
    for block in range(20):
        mix = [(t, q) for t in TYPES for q in QUALITIES]
        random.Random(f'{SEED} block {block}').shuffle(mix)
        for doc_type, quality in mix:
            doc_id = len(docs) + 1
            docs.append({'id': doc_id, 'type': doc_type, 'quality': quality,
                         'received': arrival(doc_id)})
    return docs


def arrival(doc_id):
    """30 documents on each working day of two weeks, between 9 and 17 hours."""
    day, slot = divmod(doc_id - 1, 30)
    seconds = slot * 960 + random.Random(f'{SEED} arrival {doc_id}').randrange(960)
    return (datetime(2025, 3, 3, 9) + timedelta(days=day + 2 * (day // 5), seconds=seconds))


# --------------------------------------------------------------------------
# drawing: a page in points, drawn at twice the resolution of the scan

@functools.lru_cache(None)
def font(name, pixels):
    return ImageFont.truetype(f'{FONTS}{name}.ttf', pixels)


class Page:
    def __init__(self, size, dpi):
        self.w, self.h = size
        self.scale = 2 * dpi / 72
        self.image = Image.new('L', (round(self.w * dpi / 72) * 2, round(self.h * dpi / 72) * 2), 255)
        self.draw = ImageDraw.Draw(self.image)
        self.boxes = {}         # field -> (left, top, right, bottom) in points

    def font(self, name, size):
        return font(name, round(size * self.scale))

    def width(self, text, name, size):
        return self.font(name, size).getlength(text) / self.scale

    def text(self, x, y, text, name='DejaVuSans', size=9, anchor='ls', ink=0):
        self.draw.text((x * self.scale, y * self.scale), text, ink, self.font(name, size), anchor)

    def rule(self, *points, width=0.6, ink=60):
        self.draw.line([v * self.scale for v in points], ink, max(1, round(width * self.scale)))

    def box(self, left, top, right, bottom):
        self.rule(left, top, right, top, right, bottom, left, bottom, left, top)

    def value(self, box, field, text, hand):
        """Print a value into its box, bottom up, on at most two lines."""
        self.boxes[field] = box
        left, top, right, bottom = box
        lines = self.wrap(text or '', right - left - 12, *hand)
        for i, line in enumerate(reversed(lines)):
            self.text(left + 6, bottom - 5 - i * hand[1] * 1.3, line, *hand)

    def wrap(self, text, width, name, size):
        lines = ['']
        for word in text.split():
            longer = f'{lines[-1]} {word}'.strip()
            if self.width(longer, name, size) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        if len(lines) > 2:
            raise ValueError(f'does not fit on two lines: {text}')
        return lines


def label(field):
    return field.replace('_', ' ').capitalize().replace('kvk', 'KVK')


def label_left(page, values, hand):
    """Label left of the value, which stands on a rule."""
    top, middle, right = 120, 175, page.w - 45
    pitch = (page.h - 150 - top) / len(values)
    for i, (field, text) in enumerate(values.items()):
        y = top + (i + 1) * pitch
        page.text(45, y - 5, label(field), 'DejaVuSans-Bold', 9)
        page.rule(middle, y, right, y)
        page.value((middle, y - pitch + 3, right, y), field, text, hand)


def two_column(page, values, hand):
    """Two columns of rules, the label small under its rule."""
    top, margin, gap = 120, 40, 26
    width = (page.w - 2 * margin - gap) / 2
    rows = (len(values) + 1) // 2
    pitch = (page.h - 150 - top) / rows
    for i, (field, text) in enumerate(values.items()):
        left = margin + (i // rows) * (width + gap)
        y = top + (i % rows) * pitch + pitch - 18
        page.rule(left, y, left + width, y)
        page.text(left, y + 10, label(field), 'DejaVuSans', 8)
        page.value((left, y - 36, left + width, y), field, text, hand)


def label_above_box(page, values, hand):
    """Label above a ruled box; short fields share a row."""
    rows = [['job_title'], ['employer_name'], ['employer_kvk', 'start_date'],
            ['salary_amount', 'salary_currency'], ['contract_duration', 'working_hours'],
            ['work_location']]
    top, margin, gap = 115, 40, 16
    pitch = (page.h - 140 - top) / len(rows)
    for i, row in enumerate(rows):
        width = (page.w - 2 * margin - gap * (len(row) - 1)) / len(row)
        for j, field in enumerate(row):
            left, bottom = margin + j * (width + gap), top + (i + 1) * pitch
            box = (left, bottom - max(24, min(36, pitch - 22)), left + width, bottom)
            page.text(left, box[1] - 4, label(field), 'DejaVuSans-Bold', 8)
            page.box(*box)
            page.value(box, field, values[field], hand)


LAYOUT = {'label_left': label_left, 'two_column': two_column, 'label_above_box': label_above_box}


def heading(page, doc_type):
    _, _, form, title = TYPES[doc_type]
    page.text(page.w / 2, 48, 'Town of Ashcombe \u2013 Permit Office', 'DejaVuSerif-Bold', 15, 'ms')
    page.text(page.w / 2, 68, title, 'DejaVuSerif', 11, 'ms')
    page.text(page.w - 40, 90, f'{form} (rev. 2024)', 'DejaVuSans', 7, 'rs')
    page.text(40, 90, 'Please print clearly.', 'DejaVuSans', 7)
    page.rule(40, 97, page.w - 40, 97, width=1.5, ink=0)


def footing(page, r, doc):
    y = page.h - 55
    page.rule(40, y, 220, y)
    page.text(40, y + 11, 'Signature', 'DejaVuSans', 8)
    scribble(page, r, 60, y - 8)
    stamp(page, r, f"{doc['received']:%d %b %Y}".upper())


def scribble(page, r, x, y):
    """A signature: loops of random height drawn along a line."""
    points, loops = [], [r.uniform(6, 22) for _ in range(r.randint(5, 8))]
    for i in range(len(loops) * 12):
        height, phase = loops[i // 12], i / 12 * 2 * math.pi
        points += [x + i * 1.4 + 5 * math.sin(phase), y - height * (1 - math.cos(phase)) / 2]
    page.rule(*points, width=1.1, ink=40)


def stamp(page, r, day):
    """The office's receipt stamp, pressed on at an angle in the lower right."""
    w, h = round(120 * page.scale), round(48 * page.scale)
    seal = Image.new('L', (w, h), 0)
    draw = ImageDraw.Draw(seal)
    line = round(1.5 * page.scale)
    draw.rectangle((line, line, w - line, h - line), outline=150, width=line)
    draw.text((w / 2, h * 0.36), 'RECEIVED', 170, page.font('DejaVuSans-Bold', 14), 'mm')
    draw.text((w / 2, h * 0.74), day, 170, page.font('DejaVuSansMono', 10), 'mm')
    seal = seal.rotate(r.uniform(-12, 12), Image.BICUBIC, expand=True)
    at = (round((page.w - 185) * page.scale), round((page.h - 118) * page.scale))
    page.image.paste(50, at, seal)


# --------------------------------------------------------------------------
# degrading: from the drawn page to the scan

def between(pair, t):
    return pair[0] + (pair[1] - pair[0]) * t


def degrade(image, r, q, dpi, t, skew):
    image = image.rotate(skew, Image.BICUBIC, fillcolor=255)
    image = image.resize((image.width // 2, image.height // 2), Image.BOX)
    image = faded(image, r, between(q['fade'], t))
    image = speckled(image, r, round(between(q['speckles'], t)), dpi)
    image = image.filter(ImageFilter.GaussianBlur(between(q['blur'], t)))
    ink, paper = between(q['ink'], t), between(q['paper'], t)
    image = image.point(lambda v: round(ink + (paper - ink) * v / 255))
    return noisy(image, r, round(between(q['noise'], t)))


def faded(image, r, share):
    """Lose ink in soft patches some centimetres wide, as a worn drum does."""
    if not share:
        return image
    patches = Image.frombytes('L', (7, 10), r.randbytes(70)).resize(image.size, Image.BICUBIC)
    white = Image.new('L', image.size, 255)
    return Image.composite(white, image, patches.point(lambda v: round(v * share)))


def speckled(image, r, count, dpi):
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x, y, d = r.uniform(0, image.width), r.uniform(0, image.height), r.uniform(0.3, 1.6) * dpi / 72
        draw.ellipse((x, y, x + d, y + d), fill=r.randint(0, 120))
    return image


def noisy(image, r, width):
    """Add sensor noise, uniform and `width` grey values wide."""
    if not width:
        return image
    grain = Image.frombytes('L', image.size, r.randbytes(image.width * image.height))
    return ImageChops.add(image, grain.point(lambda v: v * width // 255), 1, -width // 2)


# --------------------------------------------------------------------------
# one document: fill in, draw, scan, read

def make(task):
    doc, images = task
    r = random.Random(f"{SEED} document {doc['id']}")
    doc['values'] = FILL[doc['type']](r, doc['received'].date(), 400 + doc['id'])
    doc['layout'], psm, *_ = TYPES[doc['type']]
    q = QUALITIES[doc['quality']]
    sizes = ['A4', 'A4', 'A5'] if doc['type'] == 'employment_contract' else ['A4', 'A4', 'Letter']
    doc['dpi'], severity = r.choice(q['dpi']), r.random()
    skew = r.uniform(-1, 1) * q['skew']
    hand = (r.choice(['DejaVuSans', 'DejaVuSansMono', 'DejaVuSerif']), r.choice([9.5, 10, 11]))

    page = Page(PAGES[r.choice(sizes)], doc['dpi'])
    heading(page, doc['type'])
    LAYOUT[doc['layout']](page, doc['values'], hand)
    footing(page, r, doc)
    scan = degrade(page.image, r, q, doc['dpi'], severity, skew)
    doc['width'], doc['height'] = scan.size

    with tempfile.TemporaryDirectory() as tmp:
        path = save(scan, images or tmp, doc, q['jpeg'] and round(between(q['jpeg'], severity)))
        doc['bytes'] = path.stat().st_size
        doc['words'] = read(path, psm)
    for word in doc['words']:
        word['field'] = field_of(word, page, skew, doc)
    return doc


def save(scan, folder, doc, jpeg):
    name = f"{doc['id']:03d}_{doc['type']}_{doc['quality']}.{'jpg' if jpeg else 'png'}"
    path = Path(folder) / name
    dpi = (doc['dpi'], doc['dpi'])
    scan.save(path, dpi=dpi, **({'quality': jpeg} if jpeg else {}))
    return path


def read(path, psm):
    """Tesseract's words, in its own order and exactly as it printed them."""
    out = subprocess.run(['tesseract', path, 'stdout', '-l', 'eng', '--psm', str(psm), 'tsv'],
                         check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         env={**os.environ, 'OMP_THREAD_LIMIT': '1'}).stdout.decode()
    words = []
    for line in out.split('\n')[1:]:
        cells = line.split('\t', 11)
        if len(cells) == 12 and cells[0] == '5' and float(cells[10]) >= 0 and cells[11].strip():
            words.append(dict(zip(('left', 'top', 'width', 'height'), map(int, cells[6:10])),
                              conf=cells[10], text=cells[11]))
    return words


def field_of(word, page, skew, doc):
    """The field whose box holds the word's centre, once the page is straight."""
    x = word['left'] + word['width'] / 2 - doc['width'] / 2
    y = word['top'] + word['height'] / 2 - doc['height'] / 2
    a = math.radians(skew)          # Image.rotate turned the page by this much
    x, y = (x * math.cos(a) - y * math.sin(a) + doc['width'] / 2,
            x * math.sin(a) + y * math.cos(a) + doc['height'] / 2)
    x, y = x * 72 / doc['dpi'], y * 72 / doc['dpi']
    for field, (left, top, right, bottom) in page.boxes.items():
        if left <= x <= right and top <= y <= bottom:
            return field
    return None


# --------------------------------------------------------------------------
# files, in the text format of COPY

ESCAPES = str.maketrans({'\\': r'\\', '\t': r'\t', '\n': r'\n', '\r': r'\r'})
UNESCAPES = {r'\\': '\\', r'\t': '\t', r'\n': '\n', r'\r': '\r'}


def cell(value):
    return r'\N' if value is None else str(value).translate(ESCAPES)


def write_table(path, header, rows):
    with open(path, 'w', encoding='utf-8', newline='\n') as f:
        for row in [header.split(), *rows]:
            f.write('\t'.join(map(cell, row)) + '\n')


def read_table(path):
    lines = path.read_text(encoding='utf-8').split('\n')[:-1]
    header = lines[0].split('\t')
    for line in lines[1:]:
        yield dict(zip(header, map(uncell, line.split('\t'))))


def uncell(text):
    if text == r'\N':
        return None
    parts = text.split(r'\\')       # an escaped backslash escapes nothing after it
    for escape in (r'\t', r'\n', r'\r'):
        parts = [p.replace(escape, UNESCAPES[escape]) for p in parts]
    return '\\'.join(parts)


def write(out, docs):
    out.mkdir(parents=True, exist_ok=True)
    write_table(out / 'document.tsv', 'document_id doc_type layout quality received_at '
                'width_px height_px dpi image_bytes',
                [(d['id'], d['type'], d['layout'], d['quality'], f"{d['received']}+00",
                  d['width'], d['height'], d['dpi'], d['bytes']) for d in docs])
    write_table(out / 'truth.tsv', 'document_id field value',
                [(d['id'], f, v) for d in docs for f, v in d['values'].items()])
    write_table(out / 'word.tsv', 'document_id word_no field left top width height conf text',
                [(d['id'], n, w['field'], w['left'], w['top'], w['width'], w['height'],
                  w['conf'], w['text'])
                 for d in docs for n, w in enumerate(d['words'], 1)])


# --------------------------------------------------------------------------
# the report: what came out, by type and quality

def report(out):
    words = defaultdict(list)
    for w in read_table(out / 'word.tsv'):
        words[w['document_id'], w['field']].append(w)
    truth = defaultdict(dict)
    for t in read_table(out / 'truth.tsv'):
        truth[t['document_id']][t['field']] = t['value']
    cells = defaultdict(list)
    for d in read_table(out / 'document.tsv'):
        cells[d['doc_type'], d['quality']].append(judge(d['document_id'], truth, words))
    print(f"{'doc_type':20} {'quality':11} {'docs':>4} {'conf':>6} {'<0.80':>6} {'right':>6}")
    for doc_type in TYPES:
        for quality in QUALITIES:
            print_row(doc_type, quality, cells[doc_type, quality])
    for quality in QUALITIES:
        print_row('all', quality, [d for t in TYPES for d in cells[t, quality]])


def judge(doc_id, truth, words):
    """Mean confidence of the fields that have words, fields right, fields."""
    confs, right = [], 0
    for field, value in truth[doc_id].items():
        found = words[doc_id, field]
        right += ' '.join(w['text'] for w in found).split() == (value or '').split()
        if found:
            confs.append(sum(float(w['conf']) for w in found) / len(found) / 100)
    return sum(confs) / len(confs) if confs else 0.0, right, len(truth[doc_id])


def print_row(doc_type, quality, docs):
    if docs:
        n = len(docs)
        print(f'{doc_type:20} {quality:11} {n:4} {sum(d[0] for d in docs) / n:6.3f}'
              f' {sum(d[0] < 0.8 for d in docs) / n:6.2f}'
              f' {sum(d[1] for d in docs) / sum(d[2] for d in docs):6.3f}')


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--out', type=Path, metavar='DIR', help='where the files go (default demo/data)')
    p.add_argument('--jobs', type=int, default=2, metavar='N', help='documents at a time (2)')
    p.add_argument('--keep-images', type=Path, metavar='DIR', help='keep the scans there')
    p.add_argument('--limit', type=int, metavar='N', help='only the first N documents')
    p.add_argument('--only', type=int, metavar='ID', help='only this document')
    p.add_argument('--report', action='store_true', help='make nothing, report on the files')
    args = p.parse_args()
    if (args.limit, args.only) != (None, None) and not (args.out or args.report):
        p.error('--limit and --only need --out, so as not to cut short the data in the repository')
    out = args.out or DATA
    if not args.report:
        docs = [d for d in plan() if args.only in (None, d['id'])][:args.limit]
        if args.keep_images:
            args.keep_images.mkdir(parents=True, exist_ok=True)
        with multiprocessing.Pool(args.jobs) as pool:
            docs = list(pool.imap(make, [(d, args.keep_images) for d in docs]))
        write(out, docs)
    report(out)


if __name__ == '__main__':
    main()
