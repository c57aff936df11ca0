"""The phrases of small talk by language and kind: alternatives parted by « | », without accents, capitals and marks.

« _ » holds what adds nothing to any kind: forms of address, adverbs, filler. An alternative is a regular expression in
which no mark stands for itself.
"""

from __future__ import annotations

PHRASES = {
    "fr": {
        "about": (
            "qui es tu | tu es qui | t es qui | vous etes qui | qui etes vous"
            " | (?:comment|quel est) (?:tu t appelles|t appelles tu|vous appelez vous|ton nom|votre nom)"
            " | tu t appelles comment"
            " | (?:es tu|tu es|t es|etes vous) (?:un |une |vraiment un )?(?:robot|bot|chatbot|ia|humain|machine"
            "|personne|assistant)"
            " | (?:que|qu est ce que) (?:sais tu|peux tu|tu sais|tu peux|savez vous|pouvez vous|vous savez"
            "|vous pouvez) faire"
            " | tu (?:sais|peux) faire quoi | tu fais quoi | que fais tu | que faites vous"
            " | quel est ton (?:role|but) | a quoi (?:sers tu|tu sers|servez vous|ca sert)"
            " | qui t a (?:cree|fait|programme|concu) | comment (?:ca|tu) marches? | comment fonctionnes? tu"
            " | (?:peux tu|pouvez vous|tu peux) m aider | aide moi | a l aide | aide | help | presente toi"
            " | presentez vous | parle moi de toi | quelles? langues? (?:parles tu|parlez vous)"
            " | que puis je (?:te |vous )?demander | (?:quelles sont )?tes capacites"
            " | peux tu te presenter | tu sers a quoi | quel (?:modele|llm) es tu | quel age as tu | t as quel age |"
            " tu as quel age"
            " | (?:es tu|tu es|t es) (?:chatgpt|gpt|claude|gemini|siri|alexa|mistral|llama|une intelligence"
            " artificielle|un programme|un logiciel)"
            " | (?:tu parles|parles tu|vous parlez|parlez vous) (?:francais|anglais|allemand|espagnol|italien|arabe"
            "|chinois)"
            " | j ai besoin d aide | ca marche comment | comment (?:puis je )?t utiliser | comment (?:ca"
            " )?fonctionne(?: ca)?"
        ),
        "wellbeing": (
            "(?:comment )?(?:ca|cela) (?:va|roule|marche|se passe|gaze)(?: bien)?(?: toi| vous)?(?: aujourd hui"
            "| ce matin)?"
            " | comment (?:vas tu|allez vous|tu vas|vous allez|te portes tu|va)(?: aujourd hui| ce matin)?"
            " | (?:tu vas|vous allez|vas tu|allez vous) bien | quoi de neuf | (?:tu as |en )?(?:la )?(?:forme|peche)"
            " | et (?:toi|vous)"
        ),
        "farewell": (
            "au revoir | a bientot | a plus(?: tard)? | a demain | a tout a l heure | a la prochaine | adieu"
            " | bye | bone (?:journee|soiree|nuit|continuation) | bon week end | ciao | tchao | salut et a bientot"
            " | bonne fin de journee"
        ),
        "thanks": (
            "(?:(?:un (?:grand|gros) )?merci|je (?:te|vous) remercie)(?: beaucoup| bien| infiniment| encore| enormement"
            "| mille fois| sincerement| a toi| a vous)*(?: (?:pour|de|d) (?:(?:tout|toute|ton|ta|tes|votre|vos|ce"
            "|ces|cette"
            "|cet|l|la|les|le|m|avoir|toutes) )*(?:tout|infos?|informations?|reponses?|aidee?|precisions?|explications?"
            "|details?|temps|ca|cela|repondu|travail|renseignements?|recherches?|rapidite|clarte)"
            "(?: (?:tres |si |vraiment )?(?:claire?s?|precises?|rapides?|utiles?|completes?|precieuses?"
            "|detaillee?s?))?)*"
            " | mille mercis? | remerciements"
        ),
        "insult": (
            "(?:espece d |espece de |sale |gros |grosse |quel |quelle )?(?:idiot|idiote|imbecile|debile|cretin"
            "|abruti|con|connard|conard|conne|connasse|stupide|nul|nulle|inutile|incompetent|bete|bouffon|naze|merde"
            "|pourri|ta gueule|tg)"
            " | (?:ta|ferme la|tais toi|taisez vous|va te faire (?:voir|foutre)|degage) | je te deteste"
            " | tu (?:ne )?(?:sers a|comprends) rien"
            " | (?:tu dis )?n importe quoi"
        ),
        "compliment": (
            "super | genial | parfait | excellent | bravo | top | formidable | impressionnant | magnifique"
            " | chapeau | nickel | cool | bien joue | (?:tres )?bon travail | beau travail | (?:tres )?bonne reponse"
            " | felicitations | c est (?:vraiment |tres |trop |super )*(?:bien|utile|clair|gentil|fort|beau"
            "|interessant) | j adore | j aime"
            " | je t (?:aime|adore)"
            " | (?:tu es|t es|vous etes) (?:vraiment |tres |trop |super |si )*(?:fort|gentil|intelligent|utile|le"
            " meilleur|la meilleure|doue|efficace) | efficace"
            " | interessant | wow | waouh"
            " | c etait (?:tres |vraiment |super )*(?:bien|utile|clair|interessant|parfait)"
        ),
        "apology": (
            "pardon | desole | desolee | je suis desolee? | excuse moi | excusez moi | (?:toutes )?mes excuses"
            " | je m excuse | oups | je me suis trompee? | toutes mes confuses"
            " | (?:desolee?|pardon) pour (?:le|la|l|cette|ce|mon|ma) (?:derangement|erreur|retard|faute|confusion)"
        ),
        "greeting": (
            "bonjour | bonsoir | salut | coucou | hello | hey | he | yo | hi | bjr | bsr | slt | cc | wesh"
            " | salutations | rebonjour | bien le bonjour | enchantee?"
            " | ravie? de (?:te|vous) (?:rencontrer|connaitre) | bienvenue | allo"
            " | je m appelle [a-z]+(?: [a-z]+)?"
        ),
        "no": "non | nan | pas du tout | pas vraiment | jamais | non plus | je ne crois pas",
        "yes": (
            "oui | ouais | ouep | yep | si | ok | okay | d accord | dac | entendu | compris | j ai compris"
            " | je vois | bien sur | exact | exactement | tout a fait | voila | c est bon | c est clair | tres bien"
            " | note | ca marche | pas de souci | pas de probleme | bon | bien | effectivement | volontiers"
            " | je comprends | lol | mdr | ptdr | haha"
        ),
        "_": (
            "tout le monde | a tous | a toutes | a toi | a vous | aussi | egalement | toi | vous | l ami"
            " | (?:mon |cher |chere )?(?:ami|amie|pote|vieux) | monsieur | madame | messieurs | le bot"
            " | (?:le |petit )?(?:robot|chatbot) | l assistant | assistant | s il te plait | s il vous plait | svp"
            " | stp | alors | donc | tres | vraiment | tellement | trop | ah | oh | eh | euh | hum | ben | mdr | lol"
            " | encore | et | mais | tu es | t es | vous etes | c est | c etait | tu | moi je | ca | merveille | la"
            " | dis"
            " | l ia | ia | aujourd hui | ce matin | ce soir"
        ),
    },
    "en": {
        "about": (
            "who are you | what are you | what s your name | what is your name"
            " | are you (?:a |an )?(?:robot|bot|chatbot|ai|human|machine|real person|person)"
            " | what (?:can|do) you do | what can you do for me | what can i ask(?: you)? | can you help(?: me)?"
            " | help(?: me)? | how do you work | who (?:made|created|built|programmed) you | what are you for"
            " | introduce yourself | tell me about yourself | what languages do you speak | what is this"
            " | how does this work"
            " | what are you capable of | are you (?:chatgpt|gpt|claude|gemini|siri|alexa|an artificial"
            " intelligence) | i need help | how old are you"
            " | which model are you | do you speak (?:english|french|german|spanish|italian) | how do i use (?:you"
            "|this)"
        ),
        "wellbeing": (
            "how are you(?: doing)?(?: today)? | how s it going | how is it going | how do you do | what s up"
            " | sup | are you (?:ok|okay|well) | how are things | and you | what s new | you good"
        ),
        "farewell": (
            "bye(?: bye)? | goodbye | good bye | see you(?: later| soon| tomorrow)? | farewell | take care"
            " | good night | have a (?:nice|good|great) (?:day|evening|weekend|night|one) | cya | so long"
        ),
        "thanks": (
            "thanks(?: a lot| so much| very much| again| a million| a bunch)?"
            " | thank you(?: very much| so much| again)? | thx | ty | cheers | much appreciated"
            " | (?:many|big) thanks | i appreciate it"
            " | (?:thanks|thank you)(?: so much| a lot| very much)? for (?:(?:your|the|this|that|all|all the"
            "|all your) )*(?:help|answers?|information|infos?|explanations?|time|details?|reply|everything|that|this"
            "|it|assistance)"
        ),
        "insult": (
            "(?:you re |you are |you )?(?:an |a |so |such a |such an )?(?:idiot|stupid|dumb|useless|moron|fool|bad"
            "|terrible|crap|shit|asshole|worthless|bot from hell)"
            " | shut up | fuck(?: you| off)? | you suck | i hate you | this is (?:useless|bad|garbage)"
        ),
        "compliment": (
            "great | perfect | excellent | awesome | amazing | brilliant | cool | nice | wonderful | fantastic"
            " | impressive | well done | good (?:job|work|answer|bot) | nice (?:job|work|one)"
            " | i (?:love|like) (?:you|it|this) | you are (?:great|awesome|smart|the best|helpful|amazing)"
            " | you re (?:great|awesome|smart|the best|helpful) | wow | bravo"
            " | that s (?:great|helpful|useful|clear|good|nice|interesting) | congratulations | interesting"
            " | that was (?:very |really |so )*(?:great|helpful|useful|clear|good|nice|interesting)"
        ),
        "apology": (
            "sorry | i m sorry | i am sorry | my apologies | i apologi[sz]e | excuse me | pardon(?: me)? | my bad"
            " | oops"
        ),
        "greeting": (
            "hello | hi | hey | hiya | howdy | yo | good (?:morning|afternoon|evening|day) | greetings | welcome"
            " | (?:nice|pleased|good) to meet you"
            " | my name is [a-z]+(?: [a-z]+)?"
        ),
        "no": "no | nope | nah | not really | not at all | never",
        "yes": (
            "yes | yeah | yep | yup | ok | okay | sure | of course | all right | alright | right | i see | got it"
            " | understood | indeed | exactly | agreed | fine | fair enough | makes sense | no problem | very well"
            " | good"
            " | i understand | lol | haha"
        ),
        "_": (
            "there | again | everyone | everybody | all | my friend | buddy | mate | dude | sir | madam | bot"
            " | robot | chatbot | assistant | please | so | very | really | oh | ah | well | then | and | but"
            " | that s | that is | it s | lol | haha | the"
        ),
    },
    "de": {
        "about": (
            "wer (?:bist du|sind sie) | was bist du | wie heisst du | wie heissen sie | wie ist dein name"
            " | was kannst du(?: alles| tun| machen| fur mich tun)* | was konnen sie(?: tun)?"
            " | bist du (?:ein |eine )?(?:roboter|bot|chatbot|mensch|maschine|ki) | kannst du mir helfen | hilfe"
            " | hilf mir | wie funktionierst du | wie funktioniert das | wozu dienst du | stell dich vor"
            " | wer hat dich (?:gemacht|erschaffen|programmiert|entwickelt) | was machst du"
            " | was kann ich (?:dich )?fragen"
            " | bist du (?:chatgpt|eine kunstliche intelligenz) | ich brauche hilfe | wie alt bist du | welches"
            " modell bist du | sprichst du (?:deutsch|englisch|franzosisch)"
        ),
        "wellbeing": (
            "wie geht(?: es| s|s)?(?: dir| ihnen| euch)?(?: heute)? | wie gehts | alles gut | alles (?:gut|klar) bei"
            " dir"
            " | was gibt es neues | und (?:dir|selbst|ihnen) | wie lauft s | was geht"
        ),
        "farewell": (
            "tschuss | tschuess | auf wiedersehen | bis (?:bald|spater|morgen|dann|zum nachsten mal) | ciao"
            " | gute nacht | (?:schonen|schones) (?:tag|abend|wochenende)(?: noch)? | mach s gut | lebe? wohl"
            " | servus und bis bald"
        ),
        "thanks": (
            "(?:vielen |herzlichen |besten |tausend |lieben )?dank(?: dir| ihnen| euch)? | dankeschon"
            " | danke(?: sehr| schon| vielmals| dir| ihnen)* | ich danke (?:dir|ihnen)"
            " | (?:danke|vielen dank) fur (?:(?:deine|die|ihre|diese|das) )?(?:hilfe|antwort(?:en)?|auskunft"
            "|informationen|infos|erklarung|alles|muhe)"
        ),
        "insult": (
            "(?:du )?(?:bist )?(?:ein |so )?(?:idiot|dumm|blod|doof|dummkopf|nutzlos|schlecht|trottel|arschloch"
            "|scheisse|depp)"
            " | halt die klappe | halt s maul | ich hasse dich"
        ),
        "compliment": (
            "super | toll | perfekt | prima | klasse | ausgezeichnet | wunderbar | grossartig | cool"
            " | gut gemacht | bravo | gute (?:arbeit|antwort) | du bist (?:toll|super|klug|der beste|hilfreich)"
            " | das ist (?:gut|toll|super|hilfreich) | sehr (?:gut|hilfreich|schon) | interessant | spitze | wow"
            " | hervorragend"
        ),
        "apology": (
            "entschuldigung | entschuldige | entschuldigen sie | tut mir leid | es tut mir leid | verzeihung"
            " | sorry | pardon | ups"
        ),
        "greeting": (
            "hallo | hallochen | hi | hey | guten (?:tag|morgen|abend) | moin(?: moin)? | servus | gruss gott"
            " | gruezi | gruss dich | (?:schonen )?gruss | willkommen | freut mich"
            " | ich heisse [a-z]+(?: [a-z]+)?"
        ),
        "no": "nein | ne | nee | nicht wirklich | uberhaupt nicht | niemals | gar nicht",
        "yes": (
            "ja | jawohl | ok | okay | gut | in ordnung | einverstanden | verstanden | klar | genau | alles klar"
            " | natur?lich | stimmt | ach so | ich verstehe | schon gut | kein problem | sicher | gerne?"
        ),
        "_": (
            "zusammen | an alle | mein freund | bot | roboter | assistent | bitte | so | sehr | wirklich | oh"
            " | ah | na | und | aber | du | das ist | noch | dann | also | leute | da | haha"
        ),
    },
    "es": {
        "about": (
            "quien eres(?: tu)? | quien es usted | que eres | como te llamas | cual es tu nombre"
            " | que (?:puedes|sabes) hacer(?: por mi)?"
            " | eres (?:un |una )?(?:robot|bot|chatbot|humano|maquina|ia|persona)"
            " | (?:me puedes ayudar|puedes ayudarme) | ayuda | ayudame | como funcionas? | para que sirves"
            " | quien te (?:creo|hizo|programo) | presentate | que haces | que puedo preguntar(?:te)?"
            " | eres (?:chatgpt|una inteligencia artificial) | necesito ayuda | cuantos anos tienes | hablas"
            " (?:espanol|ingles|frances)"
        ),
        "wellbeing": (
            "(?:como|que) (?:estas|esta|tal(?: estas)?|te va|va|andas)(?: hoy)? | estas bien | todo bien | y tu"
            " | que hay(?: de nuevo)? | que pasa"
        ),
        "farewell": (
            "adios | hasta (?:luego|pronto|manana|la vista|la proxima) | chao | chau | buenas noches y adios"
            " | nos vemos | cuidate | que tengas? (?:un )?buen dia | buen dia y adios"
        ),
        "thanks": (
            "(?:muchas |mil |muchisimas )?gracias(?: de nuevo| de verdad| otra vez)?(?: por (?:(?:tu|su|la|las|el"
            "|los|tus|esta|estas|toda) )*(?:ayuda|respuestas?|informacion|explicacion(?:es)?|tiempo|todo|datos"
            "|detalles))?"
            " | te lo agradezco | agradecido"
        ),
        "insult": (
            "(?:eres )?(?:un |una |muy )?(?:idiota|tonto|estupido|inutil|imbecil|malo|mierda|burro) | callate"
            " | te odio | vete a la mierda"
        ),
        "compliment": (
            "genial | perfecto | excelente | estupendo | fantastico | bravo | buen trabajo"
            " | muy (?:bien|bueno|util|interesante) | eres (?:genial|el mejor|muy bueno|inteligente) | increible"
            " | me (?:gusta|encanta) | felicidades | interesante | guay | que bien"
        ),
        "apology": ("perdon | perdona | perdone | lo siento(?: mucho)? | disculpa | disculpe | mis disculpas | ups"),
        "greeting": (
            "hola | buenos dias | buen dia | buenas(?: tardes| noches)? | saludos | hey | que onda | bienvenido"
            " | encantad[oa] | mucho gusto"
            " | encantad[oa] de conocer(?:te|le) | me llamo [a-z]+(?: [a-z]+)?"
        ),
        "no": "no | nop | para nada | nunca | en absoluto | la verdad que no",
        "yes": (
            "si | ok | okay | vale | de acuerdo | claro(?: que si)? | entendido | entiendo | exacto | exactamente"
            " | por supuesto | bien | bueno | ya veo | perfectamente | sin problema"
        ),
        "_": (
            "a todos | a todas | amigo | amiga | mi amigo | bot | robot | asistente | por favor | muy | tan | oh"
            " | ah | y | pero | pues | entonces | es | tu | eres | jaja | buenas | senor | senora"
        ),
    },
    "it": {
        "about": (
            "chi sei(?: tu)? | tu chi sei | chi e lei | che cosa sei | come ti chiami | qual e il tuo nome"
            " | (?:che cosa|cosa|che) (?:sai|puoi) fare(?: per me)?"
            " | sei (?:un |una |un )?(?:robot|bot|chatbot|umano|macchina|ia|persona)"
            " | (?:mi puoi aiutare|puoi aiutarmi) | aiuto | aiutami | come funzioni | come funziona"
            " | a (?:che )?cosa servi | chi ti ha (?:creato|fatto|programmato) | presentati | cosa fai"
            " | cosa posso chieder(?:e|ti)"
            " | sei (?:chatgpt|un intelligenza artificiale) | ho bisogno di aiuto | quanti anni hai | parli"
            " (?:italiano|inglese|francese)"
        ),
        "wellbeing": (
            "come (?:stai|sta|va|ti va|andiamo)(?: oggi)? | tutto bene | stai bene | e tu | che si dice"
            " | che c e di nuovo | come te la passi"
        ),
        "farewell": (
            "arrivederci | arrivederla | addio | a (?:presto|dopo|domani) | buona (?:giornata|notte|serata)"
            " | ci vediamo | alla prossima | stammi bene"
        ),
        "thanks": (
            "(?:molte |tante |mille )?grazie(?: mille| tante| infinite| ancora| di cuore)*(?: per (?:(?:il|la|le|l"
            "|tuo|tua|tue|questa|queste|tutte) )*(?:aiuto|rispost[ae]|informazion[ei]|spiegazion[ei]|tempo|tutto"
            "|dettagli))?(?: di tutto)?"
            " | ti ringrazio | la ringrazio"
        ),
        "insult": (
            "(?:sei )?(?:un |una |uno |proprio )?(?:idiota|stupido|scemo|inutile|imbecille|cretino|deficiente|merda)"
            " | stai zitto | taci | ti odio | vaffanculo"
        ),
        "compliment": (
            "ottimo | perfetto | eccellente | fantastico | bravo | brava | bravissimo | bel lavoro"
            " | ottimo lavoro | grande | sei (?:grande|forte|bravo|bravissimo|il migliore|utile|intelligente)"
            " | molto (?:bene|utile|interessante) | mi piace | complimenti | interessante | che bello"
        ),
        "apology": "scusa | scusami | scusi | mi scusi | mi dispiace | perdono | perdonami | chiedo scusa | ops",
        "greeting": (
            "ciao | salve | buongiorno | buon giorno | buonasera | buona sera | buon pomeriggio | ehi | hey"
            " | saluti | benvenuto | piacere(?: di conoscerti)?"
            " | mi chiamo [a-z]+(?: [a-z]+)?"
        ),
        "no": "no | per niente | mai | non proprio | assolutamente no",
        "yes": (
            "si | ok | okay | va bene | d accordo | certo | capito | ho capito | esatto | esattamente"
            " | certamente | bene | vedo | giusto | nessun problema | volentieri"
        ),
        "_": (
            "a tutti | a tutte | amico | amica | amico mio | bot | robot | assistente | per favore | molto | cosi"
            " | oh | ah | e | ma | allora | dunque | sei | tu | ahah | signore | signora"
        ),
    },
}
