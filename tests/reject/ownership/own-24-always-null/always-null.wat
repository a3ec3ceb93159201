;; A null constant
;; expect: OWN_NULL func=1 offset=0x44
;; monitor: MON_NULL
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
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (memory 1)
  (func $main (export "main")  
  (call $set (ref.null extern) (i32.const 1)))
)
