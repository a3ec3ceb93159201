;; A contract that does not parse
;; expect: CON_SYNTAX offset=0x52
;; contract: block Frame { seq: u64; }
;; contract: block Broken { seq u64; }
(module)
