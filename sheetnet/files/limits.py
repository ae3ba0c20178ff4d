"""How much a stranger's file may ask of the reader, each limit with its reason. It knows no format."""

from sheetnet.syntax.refs import COLUMNS, ROWS

MAX_ROW = ROWS  # the last row of a sheet in every spreadsheet program
MAX_COLUMN = COLUMNS  # column XFD
MAX_FILE_BYTES = 20_000_000  # a thousand collected worksheets were all below 15 MB
MAX_PARTS = 500  # a workbook has one part a sheet, drawing and comment; a thousand would be a flood
MAX_PART_BYTES = 100_000_000  # unpacked; a million cells take about 60 MB of XML
MAX_TOTAL_BYTES = 200_000_000  # unpacked; all parts together, before one is parsed
MAX_RATIO = 200  # of unpacked to packed size: 121 was the largest in 1,400 honest files, a bomb has 1,000
RATIO_FROM_BYTES = 1_000_000  # small parts may be all blanks; they cost nothing
MAX_XML_DEPTH = 256  # honest parts nest about 20 deep
MAX_XML_HELD = 3_000_000  # elements (about 60 bytes each when emptied): a million rows, and a full one of 16,384 cells
MAX_XML_SILENCE = 1_000_000  # bytes in which no element ends: one text has at most 32,767 characters
MAX_XML_UNDROPPED = 8_000_000  # bytes held until a row ends: a full row takes 3 MB, what follows the rows mostly less
SMALL_PART_BYTES = 1_000_000  # up to here a part's whole tree is held, which is faster than reading it as a stream
MAX_CELLS = 1_000_000  # non-empty cells of a workbook; about 300 MB as Python objects
MAX_ARRAY_CELLS = 250_000  # cells of one array formula; 784 x 128 weights are 100,352
MAX_FORMULA = 8_192  # characters; Excel's own limit
MAX_FORMULA_TEXT = 50_000_000  # characters of all formulas; 70,000 of Excel's own take 3 million
MAX_NESTING = 64  # levels of parentheses; Excel's own limit of function levels
MAX_TEXT = 32_767  # characters in a cell; Excel's own limit
MAX_SPACES = 1_000  # what one <text:s text:c="..."/> may stand for; 900 bytes of file once filled the memory
MAX_NAMES = 100_000  # defined names of a workbook
