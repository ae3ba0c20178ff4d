"""Names of functions in other languages than English: files and formulas in English know none of them."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("German", "French", "Spanish", "Italian", "Dutch", "Portuguese", "Polish")

# The functions that a worksheet of this field needs, in the order of LANGUAGES, as Excel spells them; after "|" other
# spellings (of Calc, of other versions, of Brazil or Portugal). "-" where the name is the English one.
_TABLE = """
SUM SUMME SOMME SUMA SOMMA SOM SOMA SUMA
SUMPRODUCT SUMMENPRODUKT SOMMEPROD SUMAPRODUCTO MATR.SOMMA.PRODOTTO SOMPRODUCT SOMARPRODUTO SUMA.ILOCZYNÓW
MMULT - PRODUITMAT - MATR.PRODOTTO PRODUCTMAT MATRIZ.MULT MACIERZ.ILOCZYN
TRANSPOSE MTRANS - TRANSPONER MATR.TRASPOSTA TRANSPONEREN TRANSPOR TRANSPONUJ
MINVERSE MINV INVERSEMAT MINVERSA MATR.INVERSA INVERSEMAT MATRIZ.INVERSA|MATRIZ.INVERSO MACIERZ.ODW
IF WENN SI SI SE ALS SE JEŻELI
IFERROR WENNFEHLER SIERREUR SI.ERROR|SIERROR SE.ERRORE ALS.FOUT SEERRO|SE.ERRO JEŻELI.BŁĄD
AND UND ET Y E EN E ORAZ
OR ODER OU O O OF OU LUB
NOT NICHT NON NO NON NIET NÃO NIE
SQRT WURZEL RACINE RAIZ|RAÍZ|RCUAD RADQ WORTEL RAIZ|RAIZQ PIERWIASTEK
POWER POTENZ PUISSANCE POTENCIA POTENZA MACHT POTÊNCIA|POTENCIA POTĘGA
PRODUCT PRODUKT PRODUIT PRODUCTO PRODOTTO - PRODUTO|MULT ILOCZYN
EXP - - - - - - -
TANH TANHYP - - - - - -
SINH SINHYP - SENOH SENH - SENH -
COSH COSHYP - - - - - -
ABS - - - ASS - - MODUŁ.LICZBY
SIGN VORZEICHEN SIGNE SIGNO SEGNO POS.NEG SINAL ZNAK.LICZBY
AVERAGE MITTELWERT MOYENNE PROMEDIO MEDIA GEMIDDELDE MÉDIA ŚREDNIA
MAX - - MÁX - - MÁXIMO -
MIN - - MÍN - - MÍNIMO -
COUNT ANZAHL NB CONTAR CONTA.NUMERI AANTAL CONT.NÚM ILE.LICZB
SUMSQ QUADRATESUMME SOMME.CARRES SUMA.CUADRADOS SOMMA.Q KWADRATENSOM SOMAQUAD|SOMARQUAD SUMA.KWADRATÓW
SUMXMY2 SUMMEXMY2 SOMME.XMY2 SUMAXMENOSY2 SOMMA.Q.DIFF SOM.XMINY.2 SOMAXMY2 SUMA.XMY.2
SUMIF SUMMEWENN SOMME.SI SUMAR.SI SOMMA.SE SOM.ALS SOMASE|SOMA.SE SUMA.JEŻELI
COUNTIF ZÄHLENWENN NB.SI CONTAR.SI CONTA.SE AANTAL.ALS CONT.SE|CONTAR.SE LICZ.JEŻELI
ROUND RUNDEN ARRONDI REDONDEAR ARROTONDA AFRONDEN ARRED ZAOKR
TRUNC KÜRZEN TRONQUE TRUNCAR TRONCA GEHEEL TRUNCAR LICZBA.CAŁK
INT GANZZAHL ENT ENTERO - INTEGER - ZAOKR.DO.CAŁK
MOD REST - RESIDUO RESTO REST RESTO -
LOG - - - - - - -
PI - - - PI.GRECO - - -
RAND ZUFALLSZAHL ALEA ALEATORIO CASUALE ASELECT ALEATÓRIO LOS
VALUE WERT CNUM VALOR VALORE WAARDE VALOR WARTOŚĆ
INDEX - - INDICE|ÍNDICE INDICE - ÍNDICE INDEKS
OFFSET BEREICH.VERSCHIEBEN DECALER DESREF SCARTO VERSCHUIVING DESLOC|DESLOCAMENTO PRZESUNIĘCIE
INDIRECT INDIREKT - INDIRECTO INDIRETTO - INDIRETO|INDIRECTO ADR.POŚR
CHOOSE WAHL CHOISIR ELEGIR SCEGLI KIEZEN ESCOLHER WYBIERZ
ROW ZEILE LIGNE FILA RIF.RIGA RIJ LIN WIERSZ
COLUMN SPALTE COLONNE COLUMNA RIF.COLONNA KOLOM COL NR.KOLUMNY
ROWS ZEILEN LIGNES FILAS RIGHE RIJEN LINS ILE.WIERSZY
COLUMNS SPALTEN COLONNES COLUMNAS COLONNE KOLOMMEN COLS LICZBA.KOLUMN
TRUE WAHR VRAI VERDADERO VERO WAAR VERDADEIRO PRAWDA
FALSE FALSCH FAUX FALSO FALSO ONWAAR FALSO FAŁSZ
"""


@dataclass(frozen=True)
class LocalName:
    """A function's name in one or several languages, and the English one."""

    name: str
    languages: tuple[str, ...]
    english: str

    def __str__(self) -> str:
        """As a sentence says it: `WENN is the German name of IF`."""
        return f"{self.name} is the {' and '.join(self.languages)} name of {self.english}"


def _table() -> dict[str, LocalName]:
    found: dict[str, LocalName] = {}
    for line in _TABLE.split("\n"):
        english, *names = line.split() or [""]
        for language, spellings in zip(LANGUAGES, names, strict=False):
            for name in spellings.split("|"):
                if name == "-":
                    continue
                known = found.get(name)
                if known is None or known.english == english:
                    languages = (*known.languages, language) if known else (language,)
                    found[name] = LocalName(name, tuple(dict.fromkeys(languages)), english)
    return found


LOCAL_NAMES = _table()


def local_name(function: str) -> LocalName | None:
    """What a function's name means in another language; None for a name that is English or not known."""
    return LOCAL_NAMES.get(function.upper())
