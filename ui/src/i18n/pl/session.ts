export const session = {
  firstTitle: "Pierwsze uruchomienie",
  firstLead: "Na początek konto pierwszej osoby przy tym stanowisku. Ustawienia urzędu przyjdą zaraz potem.",
  givenName: "Imię",
  surname: "Nazwisko",
  password: "Hasło",
  passwordHint: "co najmniej 8 znaków",
  passwordAgain: "Hasło jeszcze raz",
  create: "Załóż konto",
  signInTitle: "Logowanie",
  who: "Kto pracuje",
  whoHint: "strzałki w górę i w dół wybierają osobę",
  signIn: "Zaloguj",
  lockedTitle: "Okienko zablokowane",
  lockedLead: "Formularz czeka tak, jak został.",
  unlock: "Odblokuj",
  otherClerk: "Inna osoba",
  wrongFields: "Do poprawienia",
  quit: "Zamknij program",
  dataFolder: "Dane stanowiska: {{folder}}",
  startup: {
    title: "Okienko nie może się otworzyć",
    wayOut: "Co zrobić",
    key_missing: {
      what: "Dane są na miejscu, ale w magazynie kluczy tego komputera nie ma klucza do nich.",
      out: "Zalogować się do komputera na to konto, na którym Okienko było ustawiane. Jeśli komputer był wymieniany lub stawiany od nowa, potrzebny jest informatyk. Niczego nie trzeba kasować: bez klucza dane są nieczytelne, ale całe.",
    },
    key_wrong: {
      what: "Klucz z magazynu tego komputera nie pasuje do bazy stanowiska.",
      out: "Prawdopodobnie folder danych pochodzi z innego komputera albo z kopii. Informatyk powinien przywrócić właściwy folder lub właściwy klucz. Niczego nie trzeba kasować.",
    },
    database_damaged: {
      what: "Plik bazy stanowiska jest uszkodzony.",
      out: "Nie uruchamiać naprawy na własną rękę. Informatyk powinien odłożyć kopię folderu danych i przywrócić ostatnią dobrą kopię. Pisma wysłane do centrali są tam bezpieczne.",
    },
    database_newer: {
      what: "Z tymi danymi pracowała już nowsza wersja Okienka.",
      out: "Trzeba zainstalować najnowszą wersję programu. Starsza nie otwiera nowszych danych, żeby ich nie zepsuć.",
    },
    already_running: {
      what: "Okienko jest już otwarte i korzysta z tych danych.",
      out: "Trzeba przejść do otwartego okna (Alt+Tab). Jeśli go nie widać, wystarczy ponownie zalogować się do komputera.",
    },
    disk_fault: {
      what: "Dysk nie pozwala czytać lub zapisywać danych stanowiska.",
      out: "Sprawdzić, czy dysk jest podłączony i czy konto ma prawo do folderu danych. Jeśli tak, potrzebny jest informatyk, zanim dysk zawiedzie do końca.",
    },
    disk_full: {
      what: "Na dysku zabrakło miejsca, żeby otworzyć dane stanowiska.",
      out: "Zwolnić miejsce na dysku i uruchomić Okienko jeszcze raz. Nic nie przepadło.",
    },
    other: {
      what: "Przy starcie zdarzyło się coś, czego program nie przewidział.",
      out: "Uruchomić Okienko jeszcze raz. Jeśli to się powtarza, informatyk znajdzie szczegóły w dzienniku programu.",
    },
  },
} as const;
