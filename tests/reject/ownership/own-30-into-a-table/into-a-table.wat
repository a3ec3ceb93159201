;; A reference stored in a table
;; expect: OWN_ESCAPE func=1 offset=0x4a
;; monitor: MON_LEAK
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
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (memory 1)
  (table 1 externref)
  (func $main (export "main")  
  (table.set 0 (i32.const 0) (call $new (i32.const 4))))
)
