"""The slip's page by ReportLab: the same texts, fonts, QR and Code 128. Prints median milliseconds and bytes."""

import io
import statistics
import sys
import time
from pathlib import Path

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A5
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

fonts = sorted(Path(sys.argv[1]).glob("*.ttf"))
regular = next(f for f in fonts if "Regular" in f.name or "400" in f.name)
bold = next(f for f in fonts if "Bold" in f.name or "700" in f.name)
pdfmetrics.registerFont(TTFont("regular", regular))
pdfmetrics.registerFont(TTFont("bold", bold))

ADDRESS = "https://status.kruszyna.example/s#RD6Z-1RV0-WHE6-M111-A"
LINES = [
    ("Co wniesiono", "Wniosek o ustalenie warunków zabudowy dla działki nr 112/3 w Widzowie"),
    ("Kto wniósł", "Łozińska Barbara"),
    ("Załączniki", "3 załączniki"),
    ("Kiedy", "23 listopada 2026 r., godz. 9:14"),
    ("Kto przyjął", "Anna Lis"),
    ("Identyfikator dokumentu", "W0-26-001235-82"),
]


def slip():
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=A5, lang="pl")
    page.setTitle("Potwierdzenie wniesienia pisma")
    page.setFont("bold", 15)
    page.drawString(15 * mm, 190 * mm, "Urząd Gminy Kruszyna")
    page.drawString(15 * mm, 178 * mm, "Potwierdzenie wniesienia pisma")
    page.setFont("bold", 24)
    page.drawString(15 * mm, 165 * mm, "RPW/1235/2026")
    y = 150 * mm
    for label, text in LINES:
        page.setFont("regular", 9)
        page.drawString(15 * mm, y, label)
        page.setFont("bold", 11)
        page.drawString(15 * mm, y - 5 * mm, text)
        y -= 12 * mm
    qr = QrCodeWidget(ADDRESS, barWidth=35 * mm, barHeight=35 * mm)
    drawing = Drawing(35 * mm, 35 * mm)
    drawing.add(qr)
    renderPDF.draw(drawing, page, 100 * mm, 30 * mm)
    Code128("W02600123582", barWidth=0.25 * mm, barHeight=12 * mm).drawOn(page, 15 * mm, 30 * mm)
    page.setFont("regular", 9)
    page.drawString(15 * mm, 25 * mm, "RD6Z-1RV0-WHE6-M111-A")
    page.drawString(15 * mm, 20 * mm, ADDRESS)
    page.showPage()
    page.save()
    return buffer.getvalue()


samples = []
for _ in range(120):
    start = time.perf_counter()
    made = slip()
    samples.append((time.perf_counter() - start) * 1000)
print(statistics.median(samples), len(made))
