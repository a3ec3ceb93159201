;; A reference that came out of a table
;; expect: OWN_FOREIGN func=1 offset=0x48
;; monitor: - the table holds null, and null may be freed
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "free" (func $free (param externref)))
  (memory 1)
  (table 1 externref)
  (func $main (export "main")  
  (call $free (table.get 0 (i32.const 0))))
)
