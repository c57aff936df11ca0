"""Spanish: the words by which the rules know it, in the fields of `Lexicon`."""

from rag.text.lang.lexicon import DateWords, Grammar, Lexicon

LEXICON = Lexicon(
    common=(
        "y es son fue a ha quién quien que qué cuál cuáles cuales cuándo cuando dónde donde cómo cuántos cuantos "
        "cuántas el la los las un una de del en con para por no yo tú ella nosotros hola gracias sí"
    ),
    asking="quién quiénes qué cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas",
    stop_words=(
        "a al algo algunas algunos ante antes como con contra cual cuales cuando cuantas cuanto cuantos de del desde "
        "donde durante e el ella ellas ellos en entre era erais eramos eran eras eres es esa esas ese eso esos esta "
        "estaba estabais estabamos estaban estabas estad estada estadas estado estados estais estamos estan estando "
        "estar estara estaran estaras estare estareis estaremos estaria estariais estariamos estarian estarias estas "
        "este esteis estemos esten estes esto estos estoy estuve estuviera estuvierais estuvieramos estuvieran "
        "estuvieras estuvieron estuviese estuvieseis estuviesemos estuviesen estuvieses estuvimos estuviste "
        "estuvisteis estuvo fue fuera fuerais fueramos fueran fueras fueron fuese fueseis fuesemos fuesen fueses fui "
        "fuimos fuiste fuisteis ha habeis habia habiais habiamos habian habias habida habidas habido habidos habiendo "
        "habra habran habras habre habreis habremos habria habriais habriamos habrian habrias han has hasta hay haya "
        "hayais hayamos hayan hayas he hemos hube hubiera hubierais hubieramos hubieran hubieras hubieron hubiese "
        "hubieseis hubiesemos hubiesen hubieses hubimos hubiste hubisteis hubo la las le les lo los mas me mi mia "
        "mias mio mios mis mucho muchos muy nada ni no nos nosotras nosotros nuestra nuestras nuestro nuestros o os "
        "otra otras otro otros para pero poco por porque que quien quienes se sea seais seamos sean seas sentid "
        "sentida sentidas sentido sentidos sera seran seras sere sereis seremos seria seriais seriamos serian serias "
        "si siente sin sintiendo sobre sois somos son soy su sus suya suyas suyo suyos tambien tanto te tendra "
        "tendran tendras tendre tendreis tendremos tendria tendriais tendriamos tendrian tendrias tened teneis "
        "tenemos tenga tengais tengamos tengan tengas tengo tenia teniais teniamos tenian tenias tenida tenidas "
        "tenido tenidos teniendo ti tiene tienen tienes todo todos tu tus tuve tuviera tuvierais tuvieramos tuvieran "
        "tuvieras tuvieron tuviese tuvieseis tuviesemos tuviesen tuvieses tuvimos tuviste tuvisteis tuvo tuya tuyas "
        "tuyo tuyos un una uno unos vosotras vosotros vuestra vuestras vuestro vuestros y ya yo"
    ),
    grammar=Grammar(
        determiners="el la los las",
        prepositions="de en a con por para contra sobre según entre sin desde hacia ante",
        verbs="es son fue ha han va quiere dice era está",
        joining="y e o",
        not_names="ninguno ninguna nada nadie ayer",
        contracted={"del": ("de", "el"), "al": ("a", "el")},
        place=("en", "a"),
        plural=("los", "las"),
        feminine=("la", "las"),
        masculine=("el", "los"),
    ),
    dates=DateWords(
        months="enero/ene febrero/feb marzo abril/abr mayo junio/jun julio/jul agosto/ago septiembre/setiembre/sept/sep"
        " octubre/oct noviembre/nov diciembre/dic",
        weekdays="lunes martes miércoles jueves viernes sábado domingo",
        written="{d} de {m} de {y}",
        days=(
            "anteayer|antes de ayer|antier", "ayer|anoche", "hoy(?! en dia)|esta (?:manana|tarde|noche)",
            "(?<!la )(?<!esta )(?<!una )(?<!cada )(?<!pasado )(?<!de )manana", "pasado manana",
        ),
        numbers="una? dos tres cuatro cinco seis siete ocho nueve diez once doce",
        units="dia semana fin.de.semana mes ano",
        plurals="dias semanas fines.de.semana meses anos",
        counted=(
            ("hace {n} {unit}", -1), ("dentro de {n} {unit}", 1), ("ultim[oa]s {n} {unit}", 0),
            ("ultim[oa] {one}", 0), ("ultim[oa]s {some}", 0),
        ),
        this="est[ea]", last=("pasad[oa]", "pasad[oa]"), next=("proxim[oa]", "proxim[oa]|que viene"),
        parts=("principios|comienzos|inicios", "mediados", "fina?les|fines"),
        at="en|desde|antes de|despues de|hasta|entre|durante|mes de", at_year="en|desde|ano", of="del?",
        the="el|los|la|del?|al?", to="al?|hasta", both="y|e|o", between="entre", since="desde|a partir",
        before="antes", after="despues|tras", until="hasta", now="hoy es|estamos", habits="los|cada|un",
        feasts=("santo|placido", "santo|negro|de (?:ramos|ceniza|gloria|resurreccion)"),
        places="avenida|calle|plaza|estadio",
        past=r"\b(?:ha|han|había|fue(?:ron)?|dijo|\w+ó|\w+(?:aron|ieron))\b",
        coming=r"\b(?:van? a|\w+(?:[aei]|d)rán?|previst[oa]s?|próxim[oa]s?)\b",
        latest=r"ultim[oa]s? (?:noticia|novedad|hora|declaracion|anuncio|acontecimiento|dato)(?:e?s)?|recientemente|"
        r"mas recientes?|ultimamente|actualmente|situacion actual|ahora|en este momento|que hay de nuevo|hoy en dia",
        first="1|primero", ordinal="[o°]", day_month=r"\s+(?:de\s+)?", month_year=r"\s+(?:del?\s+)?",
    ),
)  # fmt: skip
